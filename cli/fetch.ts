/**
 * `fetch` for addresses with a login such as `http://user:password@host`, which Node's own fetch refuses.
 *
 * @throws as fetch does.
 */
export function fetchWithLogin(address: string, init: RequestInit = {}): Promise<Response> {
  const url = new URL(address);
  const { username, password } = url;
  if (username === "" && password === "") return fetch(address, init);
  url.username = "";
  url.password = "";
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  return fetch(url, { ...init, headers: { Authorization: `Basic ${login}` } });
}
