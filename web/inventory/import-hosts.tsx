import {
  Button,
  FileInput,
  Group,
  Modal,
  NativeSelect,
  Stack,
  Table,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useState } from "react";
import { api, ask } from "../app/api.ts";
import { useDeed } from "../app/queries.ts";
import { Mark } from "../parts/mark.tsx";
import { Problem } from "../parts/problem.tsx";
import { LabelList, labelsFrom } from "./labels.tsx";

type Format = "csv" | "ansible-ini" | "ansible-yaml";

interface Draft {
  readonly format: Format;
  readonly text: string;
  readonly user: string;
  readonly identityFile: string;
  readonly labels: string;
  readonly knownHosts: string;
}

const blank: Draft = {
  format: "csv",
  text: "",
  user: "root",
  identityFile: "",
  labels: "",
  knownHosts: "",
};

/** Rows of the preview that are drawn; the counts tell of all. */
const SHOWN_ROWS = 100;

/** Adds the hosts of a list, all or none; first it shows what would be added. */
export function ImportHosts({ onClose }: { readonly onClose: () => void }) {
  const [draft, setDraft] = useState(blank);
  const preview = useDeed(() => sendList(draft, "preview"), []);
  const apply = useDeed(() => sendList(draft, "apply"), ["hosts"]);
  const change = (part: Partial<Draft>) => {
    setDraft({ ...draft, ...part });
    // What was shown belongs to what was there before.
    preview.reset();
    apply.reset();
  };
  const shown = apply.data ?? preview.data;
  const fresh = shown?.hosts.filter((host) => host.isNew).length ?? 0;
  const mayAdd = preview.isSuccess && preview.data.problems.length === 0 && fresh > 0;
  return (
    <Modal opened onClose={onClose} title="Import a list of hosts" size="xl">
      <Stack gap="sm">
        <ListText draft={draft} change={change} />
        <Defaults draft={draft} change={change} />
        {shown !== undefined && <Preview of={shown} />}
        {preview.isError && <Problem cause={preview.error} />}
        {apply.isError && <Problem cause={apply.error} />}
        <Group justify="flex-end">
          {apply.isSuccess && apply.data.added > 0 && (
            <Mark tone="good">{apply.data.added.toLocaleString("en")} added</Mark>
          )}
          <Button variant="default" onClick={onClose}>
            {apply.isSuccess ? "Close" : "Cancel"}
          </Button>
          {!apply.isSuccess && (
            <Button
              variant={mayAdd ? "default" : "filled"}
              disabled={draft.text === ""}
              loading={preview.isPending}
              onClick={() => preview.mutate(undefined)}
            >
              Show what it would add
            </Button>
          )}
          {mayAdd && !apply.isSuccess && (
            <Button loading={apply.isPending} onClick={() => apply.mutate(undefined)}>
              Add {fresh === 1 ? "1 host" : `${fresh.toLocaleString("en")} hosts`}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

interface PartProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
}

function ListText({ draft, change }: PartProps) {
  const read = async (file: File | null) => {
    if (file !== null) change({ text: await file.text(), format: formatOf(file.name) });
  };
  return (
    <>
      <Group grow align="flex-end" gap="sm">
        <FileInput
          size="xs"
          label="File"
          placeholder="Choose a file, or paste it below"
          accept=".csv,.ini,.yml,.yaml,text/*"
          onChange={(file) => void read(file)}
        />
        <NativeSelect
          size="xs"
          label="Format"
          value={draft.format}
          onChange={(event) => change({ format: event.currentTarget.value as Format })}
          data={[
            { value: "csv", label: "CSV with a header" },
            { value: "ansible-ini", label: "Ansible inventory (INI)" },
            { value: "ansible-yaml", label: "Ansible inventory (YAML)" },
          ]}
        />
      </Group>
      <Textarea
        label="The list"
        description="CSV columns: name (needed), address, port, user, identity_file, host_key, program, mode, labels."
        placeholder={
          "name,address,labels,host_key\nweb-1,192.0.2.10,env=prod;ring=1,ssh-ed25519 AAAA…"
        }
        rows={6}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } }}
        value={draft.text}
        onChange={(event) => change({ text: event.currentTarget.value })}
      />
    </>
  );
}

function Defaults({ draft, change }: PartProps) {
  return (
    <>
      <Group grow align="flex-start" gap="sm">
        <TextInput
          label="User where the list says none"
          value={draft.user}
          onChange={(event) => change({ user: event.currentTarget.value.trim() })}
        />
        <TextInput
          label="Private key file on the server"
          placeholder="the server's own agent"
          value={draft.identityFile}
          onChange={(event) => change({ identityFile: event.currentTarget.value })}
        />
        <TextInput
          label="Labels for all of them"
          placeholder="env=prod"
          value={draft.labels}
          onChange={(event) => change({ labels: event.currentTarget.value })}
        />
      </Group>
      <Textarea
        label="known_hosts with their keys"
        description="For lists without host keys; a host without a known key is not added."
        rows={2}
        value={draft.knownHosts}
        onChange={(event) => change({ knownHosts: event.currentTarget.value })}
      />
    </>
  );
}

function Preview({ of }: { readonly of: Awaited<ReturnType<typeof sendList>> }) {
  const fresh = of.hosts.filter((host) => host.isNew).length;
  const old = of.hosts.length - fresh;
  return (
    <section aria-label="What the list would add">
      {of.problems.length > 0 && (
        <>
          <Mark tone="bad">
            Nothing is added: mend {of.problems.length === 1 ? "this problem" : "these problems"}{" "}
            first.
          </Mark>
          <ul style={{ margin: "4px 0 8px", paddingLeft: 20, fontSize: 13.5 }}>
            {of.problems.slice(0, SHOWN_ROWS).map((problem) => (
              <li key={`${problem.line} ${problem.host} ${problem.message}`}>
                {problem.line !== null && `Line ${problem.line}: `}
                {problem.host !== null && <b>{problem.host}: </b>}
                {problem.message}
              </li>
            ))}
          </ul>
        </>
      )}
      <Text size="sm" mb={4}>
        {fresh.toLocaleString("en")} new, {old.toLocaleString("en")} there already and left as they
        are.
      </Text>
      {of.hosts.length > 0 && (
        <Table.ScrollContainer minWidth={380} mah={220}>
          <Table aria-label="Hosts of the list">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Host</Table.Th>
                <Table.Th>New</Table.Th>
                <Table.Th>Labels</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {of.hosts.slice(0, SHOWN_ROWS).map((host) => (
                <Table.Tr key={host.name}>
                  <Table.Td>{host.name}</Table.Td>
                  <Table.Td>{host.isNew ? "yes" : "no, there already"}</Table.Td>
                  <Table.Td>
                    <LabelList labels={host.labels} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {of.hosts.length > SHOWN_ROWS && (
        <Text size="xs" c="dimmed">
          The first {SHOWN_ROWS} of {of.hosts.length.toLocaleString("en")}.
        </Text>
      )}
    </section>
  );
}

function sendList(draft: Draft, purpose: "preview" | "apply") {
  const { format, text, user, identityFile, labels, knownHosts } = draft;
  return ask(
    api.POST("/api/v1/hosts/import", {
      body: {
        format,
        text,
        purpose,
        user,
        identityFile: identityFile === "" ? null : identityFile,
        labels: labelsFrom(labels),
        knownHosts,
        mode: "managed",
        program: "piped",
      },
    }),
  );
}

function formatOf(file: string): Format {
  if (file.endsWith(".csv")) return "csv";
  return /\.ya?ml$/.test(file) ? "ansible-yaml" : "ansible-ini";
}
