import { readFileSync } from "node:fs";

export const ADMIN = { handle: "ada", password: "correct horse battery staple" } as const;

/** Sets a new server up as a person does, with the secret of its state folder; the admin's token. */
export async function firstAdmin(url: string, secretPath: string): Promise<string> {
  const secret = readFileSync(secretPath, "utf8").trim();
  const made = await post(`${url}/api/v1/entrance`, {
    kind: "setup",
    secret,
    name: "Ada Lovelace",
    ...ADMIN,
  });
  return tokenOf(made);
}

/** Adds a person with one role and has them accept their invitation. */
export async function newPerson(
  of: { readonly url: string; readonly token: string },
  who: {
    readonly handle: string;
    readonly password: string;
    readonly role: string;
    readonly scope?: string;
  },
): Promise<string> {
  const { handle, password, role, scope = "" } = who;
  const grants = [{ role, scope }];
  await post(`${of.url}/api/v1/users`, { handle, name: handle, grants }, of.token);
  const invited = await post(`${of.url}/api/v1/users/${handle}/invite`, {}, of.token);
  const { invite } = invited as { readonly invite: string };
  return tokenOf(await post(`${of.url}/api/v1/entrance`, { kind: "invitation", invite, password }));
}

function tokenOf(answer: unknown): string {
  const { token } = answer as { readonly token?: string };
  if (token === undefined) throw new Error(`no token in ${JSON.stringify(answer)}`);
  return token;
}

async function post(url: string, body: unknown, token?: string): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`POST ${url}: ${JSON.stringify(answer)}`);
  return answer;
}
