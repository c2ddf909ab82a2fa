import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Lies {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly alg?: "none" | "HS256";
  readonly isForged?: boolean;
  readonly hasNoToken?: boolean;
  /** Put beside the token, unsigned. */
  readonly beside?: Readonly<Record<string, unknown>>;
}

/** Speaks like a provider and answers the token request with whatever a test wants. */
export class Liar {
  next: Lies & { readonly nonce: string } = { nonce: "" };
  readonly #key = generateKeyPairSync("rsa", { modulusLength: 2048 });
  readonly #forged = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  readonly #server: Server;
  readonly #clientSecret: string;

  static async open(clientSecret: string): Promise<Liar> {
    const liar = new Liar(clientSecret);
    await new Promise<void>((done) => liar.#server.listen(0, "127.0.0.1", done));
    return liar;
  }

  private constructor(clientSecret: string) {
    this.#clientSecret = clientSecret;
    this.#server = createServer((request, response) => {
      const answers: Readonly<Record<string, unknown>> = {
        "/.well-known/openid-configuration": {
          issuer: this.issuer,
          authorization_endpoint: `${this.issuer}/authorize`,
          token_endpoint: `${this.issuer}/token`,
          jwks_uri: `${this.issuer}/jwks`,
          response_types_supported: ["code"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["RS256"],
          authorization_response_iss_parameter_supported: true,
        },
        "/jwks": {
          keys: [
            {
              ...this.#key.publicKey.export({ format: "jwk" }),
              kid: "k",
              alg: "RS256",
              use: "sig",
            },
          ],
        },
        "/token": {
          access_token: "x",
          token_type: "Bearer",
          ...this.next.beside,
          ...(this.next.hasNoToken === true ? {} : { id_token: this.#token() }),
        },
      };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(answers[request.url ?? ""] ?? {}));
    });
  }

  get issuer(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** A token of its own making, which no sign-in asked for. */
  tokenOf(lies: Lies): string {
    return this.#token({ ...lies, nonce: undefined });
  }

  #token(of: Lies & { readonly nonce: string | undefined } = this.next): string {
    const now = Math.floor(Date.now() / 1000);
    const { nonce, claims, alg = "RS256", isForged } = of;
    const times = { iat: now, exp: now + 300, auth_time: now };
    const body = { iss: this.issuer, aud: "fettle", sub: "s", nonce, ...times, ...claims };
    const text = [{ alg, kid: "k" }, body]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    if (alg === "none") return `${text}.`;
    if (alg === "HS256") {
      return `${text}.${createHmac("sha256", this.#clientSecret).update(text).digest("base64url")}`;
    }
    const key: KeyObject = isForged === true ? this.#forged : this.#key.privateKey;
    return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
  }
}
