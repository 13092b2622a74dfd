import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { forgetSecrets, hide, onOneLine, safeMessageOf, saidIn, withoutCredentials } from "../../core/redaction.ts";
import { secretsInUrl } from "../../core/secrets.ts";

/** How many times as long the second text takes as the first; the least of some rounds of each, as others interrupt. */
function growth(...texts: readonly [string, string]): number {
  const [small, large] = texts.map((text) => {
    const rounds = Array.from({ length: 5 }, () => {
      const began = performance.now();
      withoutCredentials(text);
      return performance.now() - began;
    });
    return Math.min(...rounds);
  }) as [number, number];
  return large / small;
}

describe("credentials", () => {
  test.each([
    ["nats://user:secret@h:4222", "nats://(hidden)@h:4222"],
    ["nats://secret@h", "nats://(hidden)@h"],
    ["postgres://u:secret/with@all?kinds@h/db", "postgres://(hidden)@h/db"],
    ["redis://u:secret with blanks@h", "redis://(hidden)@h"],
    ["u:secret@h:1", "(hidden)@h:1"],
    [":u:secret@h:1", "(hidden)@h:1"],
    ["http://a//u:secret//@h", "http://(hidden)@h"],
    ["ws://h/ws?a?token=secret ws://h/ws?key=secret", "ws://h/ws?(hidden) ws://h/ws?(hidden)"],
    ["ws://h/ws?token=secret&a=b", "ws://h/ws?(hidden)"],
    ["cannot reach http://a/ nor http://u:secret@b: refused", "cannot reach http://a/ nor http://(hidden)@b: refused"],
    ['Get "http://u:secret@h/x?key=secret": refused', 'Get "http://(hidden)@h/x?(hidden)": refused'],
  ])("of %j are not in %j", (text, shown) => expect(withoutCredentials(text)).toBe(shown));

  test.each([
    "http://localhost:8080/ws",
    "nothing of the kind",
    "a: b",
    "12:30 at h",
    "count == 0?",
    "k6/x/redis@v0.3.6",
  ])("%j has none", (text) => expect(withoutCredentials(text)).toBe(text));

  test.each(
    ["//a", "a:", "//a a:", "://a", "://a?", "1:2,", "a", "/", "@a"].flatMap((part) => [
      [part, ""],
      [part, "@"],
      [part, " @"],
    ]),
  )("are looked for once in many %j with %j at the end", (part, end) => {
    const [first = 0, ...sizes] = [200, 1_600, 12_800, 102_400];
    const textOf = (size: number) => part.repeat(size / part.length) + end;
    // Eight times the text takes eight times as long, or less; looked at again and again, 64 times.
    sizes.reduce((small, large) => {
      expect(growth(textOf(small), textOf(large))).toBeLessThan(32);
      return large;
    }, first);
  });

  test("of any user and password are hidden, whatever they are made of", () => {
    const word = fc.string({ minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(word, word, (user, password) => {
        expect(withoutCredentials(`redis://${user}<${password}>:secret@host:1/0`)).not.toContain("secret");
      }),
    );
  });
});

test("a text on one line has no control characters and an end", () => {
  expect(onOneLine("a\nb\u001b[31m\u2028")).toBe("a\\u000ab\\u001b[31m\\u2028");
  expect(onOneLine("x".repeat(300))).toBe(`${"x".repeat(200)}...`);
});

describe("what is to be hidden", () => {
  test("is shown in no form, even where a target repeats it", () => {
    hide('p"ss/@#%word', "eyJ.t0ken-of-nobody");
    for (const said of [
      'unknown password p"ss/@#%word',
      `GET /?key=${encodeURIComponent('p"ss/@#%word')}`,
      JSON.stringify({ error: 'p"ss/@#%word' }),
      "Bearer eyJ.t0ken-of-nobody is over",
    ]) {
      expect(withoutCredentials(said)).toContain("(hidden)");
      expect(withoutCredentials(said)).not.toMatch(/ss\/@|ss%2F|t0ken/);
    }
  });

  test("is no short word, which would be a part of others", () => {
    hide("load", "", "a");
    expect(withoutCredentials("a load test")).toBe("a load test");
  });

  test("may hold half a character", () => {
    hide("s3cr3t \ud800 half");
    expect(withoutCredentials("no s3cr3t \ud800 half here")).toBe("no (hidden) here");
  });

  test("that was renewed last is hidden, however long it is and however many came before", () => {
    for (let place = 0; place < 300; place++) hide(`token-${"x".repeat(100 + place)}-${place}`);
    const [last, one] = [`token-${"x".repeat(399)}-299`, `token-${"x".repeat(350)}-250`];
    expect(withoutCredentials(`${last} and ${one}`)).toBe("(hidden) and (hidden)");
  });

  test.each([
    ["redis://u:p%40ss@h:1/0", ["p%40ss", "p@ss", "dTpwQHNz"]],
    ["redis://:p/@#ss@h", ["p/@#ss", "OnAvQCNzcw=="]],
    ["postgres://u:50%@h", ["50%", "dTo1MCU="]],
    ["redis://h:6379", []],
    ["postgres://user@h", []],
    ["nats://s3cret@h", ["s3cret"]],
    ["https://s3c%2Fret@h/x", ["s3c%2Fret", "s3c/ret"]],
    ["ws://h/ws?chain=ethereum&token=a%20b+c&X-Amz-Signature=d", ["a b c", "d"]],
  ])("of %s are these", (url, secrets) => expect(secretsInUrl(url)).toEqual(secrets));

  test("is found in every spelling", () => {
    const secret = "p\"a's\\s &<w>/o\u00e9r\ud83d\ude00d\n+=";
    hide(secret);
    const html = secret.replace(/[^\w]/gu, (character) => `&#${character.codePointAt(0)};`);
    const named = secret
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("'", "&#039;");
    const large = encodeURIComponent(secret);
    const small = large.replace(/%../g, (code) => code.toLowerCase());
    const form = new URLSearchParams({ secret }).toString().slice("secret=".length);
    const json = JSON.stringify(secret).slice(1, -1);
    const twice = JSON.stringify(json).slice(1, -1);
    // Go's JSON writes what HTML would take for its own, and Python's all that is not ASCII, by its code.
    const codes = json.replace(
      /[&<>]|[\u0080-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    for (const said of [secret, html, named, large, small, form, json, twice, codes]) {
      expect(withoutCredentials(`it is ${said}.`)).toBe("it is (hidden).");
    }
  });

  test("is looked for in backslashes, which it has too, without going through all their parts", () => {
    forgetSecrets();
    hide(`${"\\".repeat(8)}a`, "\\.\\.\\.\\.");
    expect(growth("\\".repeat(16), "\\".repeat(32))).toBeLessThan(32);
    expect(growth("\\\\u005c".repeat(4), "\\\\u005c".repeat(16))).toBeLessThan(128);
  });

  test("is hidden where it was cut off", () => {
    const token = `eyJhbGciOiJIUzI1NiJ9.${"claims".repeat(20)}.signature`;
    hide(token);
    expect(withoutCredentials(`token ${token.slice(0, 100)}`)).toBe("token (hidden)");
    expect(withoutCredentials(`token ${token}, which is over`)).toBe("token (hidden), which is over");
  });

  test("is found in every spelling, whatever it is made of", () => {
    const anything = fc.string({ unit: "grapheme", minLength: 6, maxLength: 30 });
    const escaped = fc.string({ unit: fc.constantFrom("\\", '"', "\n", "%", ".", "u"), minLength: 6, maxLength: 12 });
    fc.assert(
      fc.property(fc.oneof(anything, escaped), (secret) => {
        forgetSecrets();
        hide(secret);
        const json = JSON.stringify(secret).slice(1, -1);
        const twice = JSON.stringify(json).slice(1, -1);
        for (const said of [secret, encodeURIComponent(secret), json, twice]) {
          expect(withoutCredentials(`<${said}>`)).toContain("(hidden)");
        }
      }),
    );
  });
});

describe("what somebody else said", () => {
  const ESCAPES = "\u001b]0;title\u0007\u001b[2J\u0000";

  test("is one line that a terminal only shows", () => {
    expect(saidIn(`a${ESCAPES}\r\nb\u009b`)).toBe("a\\u001b]0;title\\u0007\\u001b[2J\\u0000\\u000d\\u000ab\\u009b");
  });

  test("keeps its lines where it was thrown", () => {
    expect(safeMessageOf(new Error(`a\n${ESCAPES}`))).toBe("a\n\\u001b]0;title\\u0007\\u001b[2J\\u0000");
  });

  test("is short, however long it was, and says so", () => {
    const long = "x".repeat(10_000_000);
    expect(saidIn(long)).toBe(`${"x".repeat(500)}...`);
    expect(safeMessageOf(new Error(long))).toBe(`${"x".repeat(2_000)}...`);
    expect(safeMessageOf(`${"\n".repeat(9_000)}`).length).toBeLessThan(2_010);
  });
});
