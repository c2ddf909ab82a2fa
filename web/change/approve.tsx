import { Button, FileButton, Group, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer, useDeed } from "../app/queries.ts";
import { Command } from "../parts/command.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import styles from "./change.module.css";
import { type Change, hostsText } from "./change-model.ts";

/** Signing with one's own key, on one's own machine; or why not. */
export function Approve({ change }: { readonly change: Change }) {
  const action = change.actions.find((one) => one.verb === "approve");
  const keys = useAnswer({
    key: ["keys"],
    topics: ["users"],
    load: (signal) => ask(api.GET("/api/v1/keys", { signal })),
    isOff: action?.allowed !== true,
  });
  if (action === undefined) return null;
  if (!action.allowed) {
    if (change.state !== "requested") return null;
    return (
      <Panel title="Your approval">
        <Text size="sm">{action.reason}</Text>
      </Panel>
    );
  }
  const hasNoKey = keys.data !== undefined && keys.data.items.length === 0;
  return (
    <Panel title="Your approval">
      <Text size="sm" mb="xs">
        Your signature lets exactly these bytes be carried out: on {hostsText(change.signed.hosts)},
        within these times, with these files. Nothing else, and nobody can change them afterwards.
        It is yours and stays in the ledger for ever.
      </Text>
      {hasNoKey && (
        <Text size="sm" mb="xs">
          <b>You have no key here yet.</b> <Go href="/settings/keys">Register your SSH key</Go>{" "}
          first.
        </Text>
      )}
      <Steps change={change} />
    </Panel>
  );
}

function Steps({ change }: { readonly change: Change }) {
  const [signature, setSignature] = useState("");
  const topics = [`change:${change.id}`, "changes"];
  const approve = useDeed(
    (armoured: string) =>
      ask(
        api.POST("/api/v1/changes/{change}/approvals", {
          params: { path: { change: change.number } },
          body: { signature: armoured },
        }),
      ),
    topics,
  );
  const file = `${change.number}.plan`;
  const take = async (chosen: File | null) => {
    if (chosen !== null) setSignature(await chosen.text());
  };
  return (
    <ol className={styles["approve"]}>
      <li>
        <Button variant="default" onClick={() => download(file, change.statement)}>
          Download {file}
        </Button>{" "}
        <span className="dim">the bytes shown beside, unchanged</span>
      </li>
      <li>
        Sign it with your key:
        <Command text={`ssh-keygen -Y sign -n fettle-approve-v1 -f ~/.ssh/id_ed25519 ${file}`} />
      </li>
      <li>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            // The armour ends with a line feed (SSHSIG); pasting often loses it.
            const armoured = `${signature.trim().replaceAll("\r\n", "\n")}\n`;
            approve.mutate(armoured, { onSuccess: () => setSignature("") });
          }}
        >
          <Textarea
            label={`Paste ${file}.sig, or choose the file`}
            placeholder="-----BEGIN SSH SIGNATURE-----"
            value={signature}
            onChange={(event) => setSignature(event.currentTarget.value)}
            classNames={{ input: "mono" }}
            autosize
            minRows={3}
            maxRows={8}
            required
          />
          <Group gap="xs" mt="xs">
            <FileButton onChange={(chosen) => void take(chosen)}>
              {(props) => (
                <Button variant="default" {...props}>
                  Choose the file
                </Button>
              )}
            </FileButton>
            <Button type="submit" loading={approve.isPending}>
              Approve
            </Button>
          </Group>
          {approve.isError && <Problem cause={approve.error} />}
        </form>
      </li>
      <li className="dim">
        Or all in one on your own machine, which recomputes everything before it signs:
        <Command text={`fettle change approve ${change.number} --key ~/.ssh/id_ed25519`} />
      </li>
    </ol>
  );
}

/** The very text that was shown and hashed, not one that is asked for again. */
function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
