import { Button, Group, Modal, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, ask } from "../app/api.ts";
import { useGo } from "../app/go.tsx";
import { useDeed } from "../app/queries.ts";
import { Problem } from "../parts/problem.tsx";
import { HostKeys } from "./host-keys.tsx";
import { labelsFrom } from "./labels.tsx";

interface Draft {
  readonly name: string;
  readonly address: string;
  readonly port: string;
  readonly user: string;
  readonly identityFile: string;
  readonly program: "piped" | "installed";
  readonly mode: "managed" | "inspect-only";
  readonly labels: string;
}

const blank: Draft = {
  name: "",
  address: "",
  port: "22",
  user: "root",
  identityFile: "",
  program: "piped",
  mode: "managed",
  labels: "",
};

/** Adds one host over SSH. Its key is pinned only when somebody has compared it. */
export function AddHost({ onClose }: { readonly onClose: () => void }) {
  const [draft, setDraft] = useState(blank);
  const [keys, setKeys] = useState<readonly string[]>([]);
  const go = useGo();
  const deed = useDeed(() => addHost(draft, keys), ["hosts"]);
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  return (
    <Modal opened onClose={onClose} title="Add a host" size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          deed.mutate(undefined, { onSuccess: (host) => go(`/hosts/${host.name}`) });
        }}
      >
        <Stack gap="sm">
          <Where draft={draft} change={change} />
          <How draft={draft} change={change} />
          <HostKeys
            address={draft.address === "" ? draft.name : draft.address}
            port={Number(draft.port)}
            onChoose={setKeys}
          />
          {deed.isError && <Problem cause={deed.error} />}
          <Group justify="flex-end">
            <Text size="xs" c="dimmed" mr="auto">
              {keys.length === 0
                ? "Waits for a host key that you compared."
                : `${keys.length === 1 ? "1 key" : `${keys.length} keys`} will be pinned; no other is ever accepted.`}
            </Text>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={deed.isPending} disabled={keys.length === 0}>
              Add the host
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

interface PartProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
}

function Where({ draft, change }: PartProps) {
  return (
    <>
      <TextInput
        label="Name"
        description="What people will call it; lower-case letters, digits, dots, hyphens."
        required
        data-autofocus
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Group grow align="flex-start" gap="sm">
        <TextInput
          label="Address"
          placeholder={draft.name === "" ? "name or IP address" : draft.name}
          value={draft.address}
          onChange={(event) => change({ address: event.currentTarget.value.trim() })}
        />
        <TextInput
          label="Port"
          inputMode="numeric"
          pattern="[0-9]+"
          required
          value={draft.port}
          onChange={(event) => change({ port: event.currentTarget.value.trim() })}
        />
        <TextInput
          label="User"
          required
          value={draft.user}
          onChange={(event) => change({ user: event.currentTarget.value.trim() })}
        />
      </Group>
    </>
  );
}

function How({ draft, change }: PartProps) {
  return (
    <>
      <TextInput
        label="Private key file on the server"
        description="Empty: the server's own agent and SSH configuration."
        placeholder="/etc/fettle/id_ed25519"
        value={draft.identityFile}
        onChange={(event) => change({ identityFile: event.currentTarget.value })}
      />
      <Group grow align="flex-start" gap="sm">
        <NativeSelect
          size="xs"
          label="Host program"
          value={draft.program}
          onChange={(event) => change({ program: event.currentTarget.value as Draft["program"] })}
          data={[
            { value: "piped", label: "Sent over the login each time" },
            { value: "installed", label: "Installed there, forced command" },
          ]}
        />
        <NativeSelect
          size="xs"
          label="Mode"
          value={draft.mode}
          onChange={(event) => change({ mode: event.currentTarget.value as Draft["mode"] })}
          data={[
            { value: "managed", label: "Managed: may be patched" },
            { value: "inspect-only", label: "Inspect only: never changed" },
          ]}
        />
      </Group>
      <TextInput
        label="Labels"
        description="Rings, scopes and probes choose hosts by them."
        placeholder="env=prod, ring=1, service=web"
        value={draft.labels}
        onChange={(event) => change({ labels: event.currentTarget.value })}
      />
    </>
  );
}

function addHost(draft: Draft, keys: readonly string[]) {
  const { name, mode, labels, address, port, user, identityFile, program } = draft;
  const body = {
    name,
    mode,
    labels: labelsFrom(labels),
    way: {
      kind: "ssh" as const,
      user,
      address: address === "" ? name : address,
      port: Number(port),
      identityFile: identityFile === "" ? null : identityFile,
      hostKeys: [...keys],
      program,
    },
  };
  return ask(api.POST("/api/v1/hosts", { body }));
}
