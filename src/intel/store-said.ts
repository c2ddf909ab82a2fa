import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import type { StoredStatement } from "./dossier.ts";
import { isPacked } from "./statement-blocks.ts";
import { type GroupRow, type NamedPackage, statementsOf } from "./store-statement.ts";
import { type FoundStatement, loadPackedAbout, loadPackedOn } from "./store-statement-block.ts";

/** What feeds say now, whether it stands in rows or packed: by package or by vulnerability. */

/** What is said now about these source or package names. */
export async function loadStatementsAbout(
  reader: Reader,
  names: readonly NamedPackage[],
): Promise<readonly StoredStatement[]> {
  const { rows } = await sql<GroupRow & { name: string }>`
    select s.*, n.name
      from unnest(${names.map((n) => n.ecosystem)}::text[], ${names.map((n) => n.name)}::text[])
        as n (ecosystem, name)
      join statement_group s
        on s.package_names @> array[n.name] and s.ecosystem = n.ecosystem
     where s.valid_to is null order by s.id, n.name collate "C"`.execute(reader);
  const products = names.filter(({ ecosystem }) => isPacked({ ecosystem, advisory: "" }));
  const asked = new Set(products.map(({ name }) => name));
  const packed = await loadPackedAbout(reader, [...asked]);
  const said = packed.flatMap((entry) =>
    entry.packageNames
      .filter((name) => asked.has(name))
      .flatMap((name) => statementsOf(rowOf(entry), name)),
  );
  return [...rows.flatMap((row) => statementsOf(row, row.name)), ...said];
}

export async function loadStatementsOn(
  reader: Reader,
  vulnerability: string,
): Promise<readonly StoredStatement[]> {
  const { rows } = await sql<GroupRow>`
    select * from statement_group
     where vulnerabilities @> array[${vulnerability}] and valid_to is null
     order by id`.execute(reader);
  const packed = await loadPackedOn(reader, [vulnerability]);
  const now = packed.filter(({ validTo }) => validTo === null).map(rowOf);
  return [...rows, ...now].flatMap((row) =>
    row.package_names.flatMap((name) =>
      statementsOf({ ...row, vulnerabilities: [vulnerability] }, name),
    ),
  );
}

/** A packed statement as a row of its own. */
function rowOf(entry: FoundStatement): GroupRow {
  const { id, feed, ecosystem, matches, state, urgency, generation } = entry;
  return {
    ...{ id, feed, ecosystem, matches, state, urgency, generation, advisory: "" },
    package_names: [...entry.packageNames],
    vulnerabilities: [entry.vulnerability],
  };
}
