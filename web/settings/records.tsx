import { Group, Modal, Select, Stack, Table, Text, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import { namesOf } from "../ledger/ledger-model.ts";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { FormEnd } from "../parts/form-end.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { Person } from "../parts/person.tsx";
import { ScrolledTable } from "../parts/scrolled-table.tsx";
import { ErasuresPanel } from "./erasures.tsx";

type Standing = Reply<"/api/v1/audit/retention">;
type Hold = Reply<"/api/v1/audit/holds">["items"][number];
const TOPICS = ["records"];
const number = (count: number) => count.toLocaleString("en");

/** How long the words of the log are kept, what keeps them longer, and who is to be erased. */
export function RecordsPart() {
  return (
    <Stack gap="lg">
      <RetentionPanel />
      <HoldsPanel />
      <ErasuresPanel />
    </Stack>
  );
}

function RetentionPanel() {
  const standing = useAnswer({
    key: ["retention"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/audit/retention", { signal })),
  });
  return (
    <Panel title="How long the words of the log are kept">
      <Text size="sm" mb="sm">
        Hashes and signed heads are kept for ever, so every proof goes on to hold. Longer counts at
        once; shorter takes two people.
      </Text>
      <Answered of={standing} what="how long entries are kept">
        {(of) => (
          <>
            <ScrolledTable
              name="Retention"
              minWidth={620}
              heads={["Entries about", "Kept for", "Asked for", "Actions"]}
            >
              {of.classes.map((one) => (
                <RetentionRow key={one.class} of={one} />
              ))}
            </ScrolledTable>
            <Pruning of={of} />
          </>
        )}
      </Answered>
    </Panel>
  );
}

const abouts: Readonly<Record<string, string>> = {
  changes: "cases, plans and changes",
  access: "people, sessions, tokens and keys",
  rest: "everything else",
};

function setDays(kind: Standing["classes"][number]["class"], days: number) {
  const params = { path: { class: kind } };
  return ask(api.PUT("/api/v1/audit/retention/{class}", { params, body: { days } }));
}

function RetentionRow({ of }: { readonly of: Standing["classes"][number] }) {
  const [isOpen, setOpen] = useState(false);
  const { asked } = of;
  return (
    <Table.Tr>
      <Table.Td>{abouts[of.class] ?? of.class}</Table.Td>
      <Table.Td>{number(of.days)} days</Table.Td>
      <Table.Td>
        {asked !== null && (
          <Mark tone="waiting">
            {number(asked.days)} days, by <Person subject={asked.by} />, <Instant at={asked.at} />
          </Mark>
        )}
      </Table.Td>
      <Table.Td>
        <Group gap={6} wrap="nowrap">
          <ActionButton
            action={actionFor(of.actions, "set")}
            label="Change"
            act={async () => setOpen(true)}
            topics={[]}
          />
          {asked !== null && (
            <>
              <ActionButton
                action={actionFor(of.actions, "agree")}
                label="Agree"
                confirm={`Words of entries about ${abouts[of.class] ?? of.class} are then kept for ${number(asked.days)} days, not ${number(of.days)}.`}
                act={() => setDays(of.class, asked.days)}
                topics={TOPICS}
                isDangerous
              />
              <ActionButton
                action={actionFor(of.actions, "withdraw")}
                label="Leave as it is"
                act={() => setDays(of.class, of.days)}
                topics={TOPICS}
              />
            </>
          )}
        </Group>
        {isOpen && <DaysForm of={of} onClose={() => setOpen(false)} />}
      </Table.Td>
    </Table.Tr>
  );
}

function DaysForm(props: {
  readonly of: Standing["classes"][number];
  readonly onClose: () => void;
}) {
  const { of, onClose } = props;
  const set = useDeed((days: number) => setDays(of.class, days), TOPICS);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const days = Number(new FormData(event.currentTarget).get("days"));
    set.mutate(days, { onSuccess: onClose });
  };
  return (
    <Modal opened onClose={onClose} title={`Entries about ${abouts[of.class] ?? of.class}`}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            name="days"
            type="number"
            label="Days"
            description="At least 400. Fewer than now counts once another person has agreed."
            defaultValue={of.days}
            required
            data-autofocus
          />
          <FormEnd deed={set} label="Keep so long" isDialog onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}

function Pruning({ of }: { readonly of: Standing }) {
  const { minimum, size, prunable, first } = of;
  const prune = () => ask(api.POST("/api/v1/audit/prunings", { body: { minimum: prunable } }));
  return (
    <>
      <Text size="sm" my="sm">
        The log has {number(size)} entries;{" "}
        {minimum === 0 ? "none was pruned" : `those below ${number(minimum)} were pruned`}.
        {first !== null && ` From entry ${number(first.index)} on they stay: ${first.why}.`}
      </Text>
      <ActionButton
        action={actionFor(of.actions, "prune")}
        label={
          prunable > minimum ? `Prune ${number(prunable - minimum)} entries` : "Prune old entries"
        }
        confirm={`The words of the entries below ${number(prunable)} go for good. Their hashes stay, and every export says by which statement.`}
        act={prune}
        topics={TOPICS}
        isDangerous
      />
    </>
  );
}

function HoldsPanel() {
  const [isOpen, setOpen] = useState(false);
  const holds = useAnswer({
    key: ["holds"],
    topics: TOPICS,
    load: loadHolds,
  });
  return (
    <Panel title="Legal holds">
      <Answered of={holds} what="legal holds">
        {({ items, actions }) => (
          <>
            <Group justify="space-between" mb="sm">
              <Text size="sm">
                What a hold names is neither pruned nor erased. One person places it; two lift it.
              </Text>
              <ActionButton
                action={actionFor(actions, "place")}
                label="Place a hold"
                act={async () => setOpen(true)}
                topics={[]}
              />
            </Group>
            {items.length === 0 ? (
              <Empty
                title="No legal hold was ever placed"
                command="./fettle audit hold place --host HOST --reason TEXT"
              >
                A case, a change, a host, a person, or a span of time.
              </Empty>
            ) : (
              <HoldTable items={items} />
            )}
            {isOpen && <HoldForm onClose={() => setOpen(false)} />}
          </>
        )}
      </Answered>
    </Panel>
  );
}

function HoldTable(props: {
  readonly items: readonly { readonly hold: Hold; readonly name: string | null }[];
}) {
  return (
    <ScrolledTable
      name="Legal holds"
      minWidth={760}
      heads={["Hold", "Over", "Placed", "Why", "State", "Actions"]}
    >
      {props.items.map(({ hold, name }) => (
        <Table.Tr key={hold.name}>
          <Table.Td className="mono">{hold.name}</Table.Td>
          <Table.Td>
            <Over hold={hold} name={name} />
          </Table.Td>
          <Table.Td>
            <Instant at={hold.placedAt} /> by <Person subject={hold.placedBy} />
          </Table.Td>
          <Table.Td>{hold.reason}</Table.Td>
          <Table.Td>
            <HoldState hold={hold} />
          </Table.Td>
          <Table.Td>
            <LiftButton hold={hold} />
          </Table.Td>
        </Table.Tr>
      ))}
    </ScrolledTable>
  );
}

function Over({ hold, name }: { readonly hold: Hold; readonly name: string | null }) {
  const { kind, from, until } = hold;
  if (from === null || until === null) return `${kind} ${name ?? ""}`;
  return (
    <>
      <Instant at={from} /> to <Instant at={until} />
    </>
  );
}

/** What is held as the log names it: `host:<id>`; null for a span of time. */
function heldObject({ kind, about }: Hold): string | null {
  if (about === null) return null;
  const kinds: Readonly<Record<string, string>> = { person: "subject", case: "patch" };
  return `${kinds[kind] ?? kind}:${about}`;
}

async function loadHolds(signal: AbortSignal) {
  const { items, actions } = await ask(api.GET("/api/v1/audit/holds", { signal }));
  const objects = items.map(heldObject).filter((object) => object !== null);
  const names = await namesOf(objects.map((object) => ({ object })));
  const named = items.map((hold) => ({ hold, name: names[heldObject(hold) ?? ""] ?? hold.about }));
  return { items: named, actions };
}

function HoldState({ hold }: { readonly hold: Hold }) {
  if (hold.liftedAt !== null && hold.liftedBy !== null) {
    return (
      <Mark tone="unknown">
        lifted <Instant at={hold.liftedAt} /> by <Person subject={hold.liftedBy} />
      </Mark>
    );
  }
  if (hold.liftAskedBy === null) return <Mark tone="good">in force</Mark>;
  return (
    <Mark tone="attention" reason={hold.liftReason}>
      in force; <Person subject={hold.liftAskedBy} /> asked to lift it
    </Mark>
  );
}

function LiftButton({ hold }: { readonly hold: Hold }) {
  const action = actionFor(hold.actions, "lift");
  if (hold.liftedAt !== null) return null;
  const isAsked = hold.liftAskedBy !== null;
  const params = { path: { hold: hold.name } };
  const lift = (reason: string) =>
    ask(
      api.POST("/api/v1/audit/holds/{hold}/lift", {
        params,
        body: reason === "" ? {} : { reason },
      }),
    );
  return (
    <ActionButton
      action={action}
      label={action?.label ?? "Lift"}
      {...(isAsked
        ? { confirm: `${hold.name} keeps nothing any more: ${hold.liftReason ?? ""}` }
        : { asksReason: true })}
      act={lift}
      topics={TOPICS}
      isDangerous
    />
  );
}

const kinds = [
  { value: "host", label: "a host" },
  { value: "person", label: "a person" },
  { value: "case", label: "a case" },
  { value: "change", label: "a change" },
  { value: "time", label: "a span of time" },
] as const;
type Kind = (typeof kinds)[number]["value"];
const examples: Readonly<Record<Exclude<Kind, "time">, string>> = {
  host: "web-1",
  person: "carol",
  case: "P-12",
  change: "C-7",
};

function HoldForm({ onClose }: { readonly onClose: () => void }) {
  const [kind, setKind] = useState<Kind>("host");
  const place = useDeed((fields: FormData) => {
    const text = (name: string) => String(fields.get(name)).trim();
    const day = (name: string) => new Date(`${text(name)}T00:00:00Z`).toISOString();
    const over =
      kind === "time" ? { from: day("from"), until: day("until") } : { about: text("about") };
    const body = { kind, ...over, reason: text("reason") };
    return ask(api.POST("/api/v1/audit/holds", { body }));
  }, TOPICS);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    place.mutate(new FormData(event.currentTarget), { onSuccess: onClose });
  };
  return (
    <Modal opened onClose={onClose} title="Place a legal hold">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Select
            label="Over"
            data={kinds}
            value={kind}
            allowDeselect={false}
            onChange={(value) => setKind((value ?? "host") as Kind)}
          />
          {kind === "time" ? (
            <Group grow>
              <TextInput name="from" type="date" label="From" required />
              <TextInput name="until" type="date" label="Until, not itself in it" required />
            </Group>
          ) : (
            <TextInput name="about" label="Name" placeholder={examples[kind]} required />
          )}
          <Textarea
            name="reason"
            label="Why"
            description="Ten characters at least; everybody who looks at the hold reads it."
            required
          />
          <FormEnd deed={place} label="Place the hold" isDialog onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
