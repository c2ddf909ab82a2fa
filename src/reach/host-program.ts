import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assert } from "../base/failure.ts";

/**
 * Joins the parts in `host/` to the one program that runs on a managed host. The parts hold
 * functions and constants; the last line alone calls `main`, and all before it stands in one pair of
 * braces, so a file that was cut short on its way runs nothing, not even a tool whose name is the
 * beginning of a function's. A built package has the parts joined already, as `host/fettle-host`.
 */

const PARTS = join(import.meta.dirname, "../../host");

/**
 * Where the program keeps its files. They are constants of the text: a program that runs as root
 * must not let its environment say where its rules stand. Tests write other constants.
 */
export interface HostPlaces {
  readonly etc?: string;
  readonly var?: string;
  /** The search path for tools. */
  readonly path?: string;
}

export function hostProgram(places: HostPlaces = {}): string {
  return [
    ["ETC", places.etc],
    ["VAR", places.var],
    ["PATH", places.path],
  ].reduce((text, [name, value]) => setConstant(text, name ?? "", value), asShipped());
}

const FIRST_COMMAND = "\nset -f -u\n";

function asShipped(): string {
  const parts = readdirSync(PARTS).filter((name) => /^\d\d-[a-z]+\.sh$/.test(name));
  if (parts.length === 0) return readFileSync(join(PARTS, "fettle-host"), "utf8");
  const bodies = parts.sort().map((name) => readFileSync(join(PARTS, name), "utf8"));
  const text = bodies.join("\n");
  const begins = text.indexOf(FIRST_COMMAND);
  assert(begins > 0, "the host program begins with its settings");
  return `${text.slice(0, begins)}\n{${text.slice(begins)}\n}\nmain "$@"\n`;
}

function setConstant(program: string, name: string, value: string | undefined): string {
  if (value === undefined) return program;
  assert(/^[A-Za-z0-9/._:-]+$/.test(value), `${name} is a plain path`);
  const line = new RegExp(`^${name}=/.*$`, "m");
  assert(line.test(program), `the host program sets ${name}`);
  return program.replace(line, `${name}=${value}`);
}
