import { Button, Checkbox, Group, Text, Textarea, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { api, ask } from "../app/api.ts";
import { useDeed } from "../app/queries.ts";
import { Command } from "../parts/command.tsx";
import { Mark } from "../parts/mark.tsx";
import { Problem } from "../parts/problem.tsx";
import styles from "./inventory.module.css";

interface Props {
  readonly address: string;
  readonly port: number;
  /** Key lines that somebody vouches for. */
  readonly onChoose: (lines: readonly string[]) => void;
}

/**
 * The host's key, vouched for by a person: what the address shows now, compared with what the host's
 * own console shows; or a key line that somebody has at hand.
 */
export function HostKeys({ address, port, onChoose }: Props) {
  const [isGiven, setGiven] = useState(false);
  return (
    <fieldset className={styles["keys"]}>
      <legend style={{ fontSize: 13.5, fontWeight: 500, padding: "0 6px" }}>Host key</legend>
      {isGiven ? (
        <GivenKeys onChoose={onChoose} />
      ) : (
        <ShownKeys key={`${address} ${port}`} address={address} port={port} onChoose={onChoose} />
      )}
      <Button
        variant="subtle"
        size="compact-xs"
        mt={8}
        onClick={() => {
          onChoose([]);
          setGiven(!isGiven);
        }}
      >
        {isGiven ? "Ask the address for its keys instead" : "I have the key line at hand"}
      </Button>
    </fieldset>
  );
}

function ShownKeys({ address, port, onChoose }: Props) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [seen, setSeen] = useState("");
  const look = useDeed(() => ask(api.POST("/api/v1/host-keys", { body: { address, port } })), []);
  const keys = look.data?.items ?? [];
  const choose = (lines: readonly string[]) => {
    setChosen(lines);
    onChoose(lines);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another address forgets the choice, once.
  useEffect(() => onChoose([]), []);
  const compare = (text: string) => {
    setSeen(text);
    const match = keys.find((key) => text.includes(key.fingerprint));
    choose(match === undefined ? [] : [match.line]);
  };
  return (
    <>
      <Text size="sm" mb={6}>
        Anybody could answer at an address. Look at the key on the host's own console, and compare.
      </Text>
      <Button
        variant="default"
        disabled={address === "" || !(port > 0)}
        loading={look.isPending}
        onClick={() => look.mutate(undefined)}
      >
        {look.isSuccess ? "Ask again" : "Ask the address for its keys"}
      </Button>
      {look.isError && <Problem cause={look.error} />}
      {look.isSuccess && keys.length === 0 && (
        <Text size="sm" mt={8}>
          {address}, port {port}, shows no host key.
        </Text>
      )}
      {keys.length > 0 && (
        <>
          <Text size="sm" mt={10}>
            On the host's console:
          </Text>
          <Command text="for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done" />
          <TextInput
            label="Fingerprint that the console shows"
            placeholder="SHA256:…"
            value={seen}
            onChange={(event) => compare(event.currentTarget.value)}
            mt={10}
            mb={8}
          />
          <Compared seen={seen} isMatch={chosen.length > 0} />
          <Text size="sm" mt={8} mb={4}>
            {address} shows these now. Tick those that you compared by eye:
          </Text>
          {keys.map((key) => (
            <Checkbox
              key={key.fingerprint}
              mt={4}
              checked={chosen.includes(key.line)}
              onChange={(event) =>
                choose(
                  event.currentTarget.checked
                    ? [...chosen, key.line]
                    : chosen.filter((line) => line !== key.line),
                )
              }
              label={
                <>
                  {key.type} <span className="mono">{key.fingerprint}</span>
                </>
              }
            />
          ))}
        </>
      )}
    </>
  );
}

function Compared({ seen, isMatch }: { readonly seen: string; readonly isMatch: boolean }) {
  if (seen.trim() === "") return null;
  return (
    <div role="status">
      {isMatch ? (
        <Mark tone="good">The address shows the same key.</Mark>
      ) : (
        <Mark tone="bad">The address shows no such key. Do not add it: find out why first.</Mark>
      )}
    </div>
  );
}

function GivenKeys({ onChoose }: Pick<Props, "onChoose">) {
  const [text, setText] = useState("");
  return (
    <Group grow>
      <Textarea
        label="Key lines from the host's console"
        description="From /etc/ssh/ssh_host_ed25519_key.pub, one a line."
        placeholder="ssh-ed25519 AAAA…"
        autosize
        minRows={2}
        value={text}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setText(value);
          onChoose(value.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()])));
        }}
      />
    </Group>
  );
}
