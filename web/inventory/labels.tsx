import { ActionIcon, Button, Group, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api, ask } from "../app/api.ts";
import { useDeed } from "../app/queries.ts";
import type { Action } from "../parts/actions.tsx";
import { Problem } from "../parts/problem.tsx";
import styles from "./inventory.module.css";

type Labels = Readonly<Record<string, string>>;

/** Labels in one line of a list. */
export function LabelList({ labels }: { readonly labels: Labels }) {
  const pairs = Object.entries(labels);
  if (pairs.length === 0) return <span className="dim">none</span>;
  const text = pairs.map(([key, value]) => `${key}=${value}`).join(", ");
  return <span title={text}>{text}</span>;
}

/** The labels of one host, to take away and to add. Rings, scopes and probes go by them. */
export function LabelEditor(props: {
  readonly host: string;
  readonly labels: Labels;
  readonly action: Action | undefined;
}) {
  const { host, labels, action } = props;
  const [text, setText] = useState("");
  const deed = useDeed(
    (change: Readonly<Record<string, string | null>>) =>
      ask(
        api.PATCH("/api/v1/hosts/{host}", {
          params: { path: { host } },
          body: { labels: { ...change } },
        }),
      ),
    ["hosts"],
  );
  const mayEdit = action?.allowed === true;
  const add = (event: FormEvent) => {
    event.preventDefault();
    const at = text.indexOf("=");
    const key = at < 0 ? text.trim() : text.slice(0, at).trim();
    const value = at < 0 ? "" : text.slice(at + 1).trim();
    deed.mutate({ [key]: value }, { onSuccess: () => setText("") });
  };
  return (
    <div>
      <ul className={styles["labels"]} style={{ listStyle: "none", margin: 0, padding: 0 }}>
        {Object.entries(labels).map(([key, value]) => (
          <li key={key} className={styles["label"]}>
            {key}={value}
            {mayEdit && (
              <ActionIcon
                size={22}
                variant="subtle"
                color="gray"
                aria-label={`Take the label ${key} away`}
                disabled={deed.isPending}
                onClick={() => deed.mutate({ [key]: null })}
              >
                ×
              </ActionIcon>
            )}
          </li>
        ))}
        {Object.keys(labels).length === 0 && (
          <li className="dim">None: no ring selects this host, so no change reaches it.</li>
        )}
      </ul>
      {mayEdit && (
        <form onSubmit={add}>
          <Group gap="xs" mt="xs" align="flex-end">
            <TextInput
              aria-label="New label"
              placeholder="key=value"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              w={180}
            />
            <Button type="submit" variant="default" loading={deed.isPending} disabled={text === ""}>
              Add label
            </Button>
          </Group>
        </form>
      )}
      {action !== undefined && !action.allowed && <div className="dim">{action.reason}</div>}
      {deed.isError && <Problem cause={deed.error} />}
    </div>
  );
}

/** `env=prod, ring=canary` as the API takes it; what is no pair goes to the server, which says so. */
export function labelsFrom(text: string): Record<string, string> {
  const pairs = text.split(/[,\s]+/).filter((pair) => pair !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
