import { Group, Modal, NativeSelect, Stack, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, ask } from "../app/api.ts";
import { useDeed } from "../app/queries.ts";
import { actionFor, GuardedButton } from "../parts/actions.tsx";
import { FormEnd } from "../parts/form-end.tsx";
import { Mark } from "../parts/mark.tsx";
import { plural } from "../triage/fix-first-list.tsx";
import styles from "./support.module.css";
import type { SupportEntry } from "./support-register.ts";

/** One release: how it stands, who runs and owns it, what was decided. */
export function SupportEntryRow({ entry }: { readonly entry: SupportEntry }) {
  const [isOpen, setOpen] = useState(false);
  const decide = actionFor(entry.actions, "decide");
  return (
    <article className={styles["entry"]} aria-label={entry.title}>
      <div>
        <Group gap="sm">
          <b>{entry.title}</b>
          <Mark tone={entry.tone}>{entry.label}</Mark>
        </Group>
        <div>{entry.sentence}</div>
        <div className="dim">
          {entry.hosts > 0 || entry.services.length === 0
            ? plural(entry.hosts, "host")
            : entry.services.slice(0, 4).join(", ")}
          {entry.owners.length > 0 &&
            `, of ${entry.owners.map(({ kind, name }) => `${kind} ${name}`).join(", ")}`}
          {entry.open > 0 && `; ${risk(entry)}`}
        </div>
        {entry.score > 0 && (
          <details className="dim">
            <summary>Modernisation weight {entry.score.toLocaleString("en")}</summary>
            {entry.path.map(({ factor, value }) => `${value} (${factor})`).join(" × ")}
          </details>
        )}
      </div>
      <div>
        <Strategy entry={entry} />
        {decide !== undefined && entry.state !== "supported" && (
          <GuardedButton action={decide} size="compact-sm" onClick={() => setOpen(true)}>
            {decide.label}
          </GuardedButton>
        )}
      </div>
      {isOpen && <Decide entry={entry} onClose={() => setOpen(false)} />}
    </article>
  );
}

function risk({ open, unfixed, exploited }: SupportEntry): string {
  const parts = [
    open === 1 ? "1 vulnerability open" : `${open} vulnerabilities open`,
    unfixed === 0 ? "" : `${unfixed} without a fix`,
    exploited === 0 ? "" : `${exploited} known exploited`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function Strategy({ entry }: { readonly entry: SupportEntry }) {
  const { strategy, state } = entry;
  if (strategy === null) {
    return state === "supported" ? null : <div className="dim">Nothing was decided.</div>;
  }
  return (
    <div>
      <b>{strategy.label}</b>, {strategy.owner}, by {strategy.dueAt.slice(0, 10)}
      {strategy.isOverdue && (
        <>
          {" "}
          <Mark tone="bad">overdue</Mark>
        </>
      )}
      <div className="dim">
        {strategy.reason} ({strategy.decidedBy}, {strategy.decidedAt.slice(0, 10)})
      </div>
    </div>
  );
}

const strategies = [
  { value: "migrate", label: "Migrate to a release that is supported" },
  { value: "isolate", label: "Isolate it" },
  { value: "extend", label: "Buy longer support" },
  { value: "accept", label: "Accept the risk" },
];

function Decide(props: { readonly entry: SupportEntry; readonly onClose: () => void }) {
  const { entry, onClose } = props;
  const before = entry.strategy;
  const [draft, setDraft] = useState({
    strategy: before?.strategy ?? "migrate",
    owner: before?.owner ?? "",
    reason: before?.reason ?? "",
    dueAt: before?.dueAt.slice(0, 10) ?? "",
  });
  const change = (part: Partial<typeof draft>) => setDraft({ ...draft, ...part });
  const { product, cycle } = entry;
  const deed = useDeed(
    () =>
      ask(
        api.PUT("/api/v1/support/{product}/{cycle}/strategy", {
          params: { path: { product, cycle } },
          body: draft,
        }),
      ),
    ["hosts"],
  );
  return (
    <Modal opened onClose={onClose} title={`What becomes of ${entry.title}`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          deed.mutate(undefined, { onSuccess: onClose });
        }}
      >
        <Stack gap="sm">
          <NativeSelect
            label="Strategy"
            value={draft.strategy}
            data={strategies}
            onChange={(event) =>
              change({ strategy: event.currentTarget.value as typeof draft.strategy })
            }
          />
          <TextInput
            label="Who sees to it"
            value={draft.owner}
            required
            onChange={(event) => change({ owner: event.currentTarget.value })}
          />
          <Textarea
            label="Why"
            description="Kept in the ledger and shown to everybody who looks at this."
            value={draft.reason}
            required
            minLength={10}
            onChange={(event) => change({ reason: event.currentTarget.value })}
          />
          <TextInput
            label="By when"
            type="date"
            value={draft.dueAt}
            required
            onChange={(event) => change({ dueAt: event.currentTarget.value })}
          />
          <FormEnd deed={deed} label="Decide" isDialog onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
