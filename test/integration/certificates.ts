import { execFile } from "node:child_process";
import { appendFile, readFile, writeFile } from "node:fs/promises";
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

/**
 * An authority with a certificate for this machine and one for a client. Both are signed by an intermediate authority,
 * whose certificate follows theirs, because who trusts only the root must be shown the chain.
 */
export interface Authority {
  readonly ca: Certificate;
  readonly server: Certificate;
  readonly client: Certificate;
}

/** Creates an authority in a folder, valid for a day. */
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
  const sign = async (name: string, by: string, extensions: string) => {
    await writeFile(file(`${name}.ext`), extensions);
    await openssl(["req", ...key, "-keyout", file(`${name}.key`), "-out", file(`${name}.csr`), "-subj", `/CN=${name}`]);
    const signer = ["-CA", file(`${by}.pem`), "-CAkey", file(`${by}.key`), "-CAcreateserial"];
    const asked = ["-in", file(`${name}.csr`), "-extfile", file(`${name}.ext`), "-days", "1"];
    await openssl(["x509", "-req", ...asked, ...signer, "-out", file(`${name}.pem`)]);
  };
  await sign("intermediate", "ca", "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n");
  const chain = await readFile(file("intermediate.pem"), "utf8");
  await sign("server", "intermediate", "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  await sign("client", "intermediate", "extendedKeyUsage=clientAuth\n");
  for (const name of ["server", "client"]) await appendFile(file(`${name}.pem`), chain);
  const certified = async (name: string): Promise<Certificate> => {
    const [certFile, keyFile] = [file(`${name}.pem`), file(`${name}.key`)];
    return { certFile, keyFile, cert: await readFile(certFile, "utf8"), key: await readFile(keyFile, "utf8") };
  };
  return { ca: await certified("ca"), server: await certified("server"), client: await certified("client") };
}
