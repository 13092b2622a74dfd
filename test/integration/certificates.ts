import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const openssl = (args: readonly string[]) => promisify(execFile)("openssl", [...args]);

/** A certificate and its key, as text and as files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** An authority of our own, with a certificate for this machine and one for a client. */
export interface Authority {
  readonly ca: Certificate;
  readonly server: Certificate;
  readonly client: Certificate;
}

/** Makes an authority in a folder, good for a day. */
export async function authority(folder: string): Promise<Authority> {
  const file = (name: string) => join(folder, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl([
    "req",
    "-x509",
    ...key,
    "-keyout",
    file("ca.key"),
    "-out",
    file("ca.pem"),
    "-subj",
    "/CN=authority",
    "-days",
    "1",
  ]);
  const sign = async (name: string, extensions: string) => {
    await writeFile(file(`${name}.ext`), extensions);
    await openssl(["req", ...key, "-keyout", file(`${name}.key`), "-out", file(`${name}.csr`), "-subj", `/CN=${name}`]);
    const by = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial", "-extfile", file(`${name}.ext`)];
    await openssl(["x509", "-req", "-in", file(`${name}.csr`), ...by, "-out", file(`${name}.pem`), "-days", "1"]);
  };
  await sign("server", "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  await sign("client", "extendedKeyUsage=clientAuth\n");
  const certified = async (name: string): Promise<Certificate> => {
    const [certFile, keyFile] = [file(`${name}.pem`), file(`${name}.key`)];
    return { certFile, keyFile, cert: await readFile(certFile, "utf8"), key: await readFile(keyFile, "utf8") };
  };
  return { ca: await certified("ca"), server: await certified("server"), client: await certified("client") };
}
