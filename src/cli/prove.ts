import { type ApiProblem, ask, type ClientOptions, openClient } from "../client/client.ts";
import type { Terminal } from "./cli.ts";

/**
 * Asks the person at the terminal for the proof that the server wants. False where nobody sits there,
 * or where the person has nothing that can be typed: then the server's refusal stands.
 */
export async function proveOnTerminal(
  terminal: Terminal,
  connection: ClientOptions,
  problem: ApiProblem,
): Promise<boolean> {
  const ways = new Set((problem.facts["ways"] ?? []) as readonly string[]);
  const hasCode = ways.has("code");
  const isEnough = ways.has("password") && (hasCode || !ways.has("passkey"));
  if (!terminal.isInteractive || !isEnough) return false;
  terminal.err(`${problem.message}\n`);
  const password = await terminal.readLine("Password: ", true);
  const code = hasCode ? { code: await terminal.readLine("One-time code: ", true) } : {};
  const body = { password, ...code };
  await ask(openClient(connection).POST("/api/v1/me/proof", { body }));
  return true;
}
