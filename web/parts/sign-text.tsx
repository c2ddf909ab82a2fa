import { Button, FileButton, Group, Text, Textarea } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { Namespace } from "../../src/base/webauthn-bytes.ts";
import { ApiProblem } from "../app/api.ts";
import { useDeed } from "../app/queries.ts";
import { Command } from "./command.tsx";
import { type ApproverKey, type PasskeyAnswer, passkeysHere, signWithPasskey } from "./passkey.ts";
import { Problem } from "./problem.tsx";
import styles from "./sign-text.module.css";

/** What a desk hands back (its file is JSON), or else the armour of an SSH signature. */
function givenIn(text: string): Given {
  const trimmed = text.trim().replaceAll("\r\n", "\n");
  // The armour ends with a line feed (SSHSIG); pasting often loses it.
  if (!trimmed.startsWith("{")) return { signature: `${trimmed}\n` };
  try {
    const { passkey } = JSON.parse(trimmed) as { readonly passkey: PasskeyAnswer };
    return { passkey };
  } catch (cause) {
    throw new ApiProblem("invalid", "This is no approval of a desk, nor an SSH signature.", {
      cause,
    });
  }
}

export type Given = { readonly signature: string } | { readonly passkey: PasskeyAnswer };

interface Signing {
  readonly namespace: Namespace;
  /** The exact bytes, as the page shows them. */
  readonly text: string;
  /** Under which the text is downloaded. */
  readonly file: string;
  /** What the button says. */
  readonly verb: string;
  readonly keys: readonly ApproverKey[];
  /** The same in one command on the person's own machine. */
  readonly command: string;
  readonly topics: readonly string[];
  readonly send: (given: Given) => Promise<unknown>;
  /** Another way to sign, below. */
  readonly children?: ReactNode;
}

/** Signing an exact text: with a passkey of this page, or with a key on one's own machine. */
export function SignText(of: Signing) {
  const passkeys = passkeysHere(of.keys);
  return (
    <>
      {passkeys.length > 0 && <WithPasskey {...of} passkeys={passkeys} />}
      <WithKey {...of} />
      {of.children}
    </>
  );
}

function WithPasskey(of: Signing & { readonly passkeys: readonly ApproverKey[] }) {
  const sign = useDeed(async () => {
    const { namespace, text, passkeys: keys } = of;
    await of.send({ passkey: await signWithPasskey({ namespace, text, keys }) });
  }, of.topics);
  return (
    <div className={styles["passkey"]}>
      <Button loading={sign.isPending} onClick={() => sign.mutate(undefined)}>
        {of.verb} with your passkey
      </Button>
      <Text size="xs" c="dimmed" mt={4}>
        A passkey shows no text of its own: you trust this page for what you see. Hosts count it as
        class page, never as outside; a key below, or the approval desk, is stronger.
      </Text>
      {sign.isError && <Problem cause={sign.error} />}
    </div>
  );
}

function WithKey({ text, file, namespace, verb, command, topics, send }: Signing) {
  const [signature, setSignature] = useState("");
  const sign = useDeed(async (text: string) => send(givenIn(text)), topics);
  const take = async (chosen: File | null) => {
    if (chosen !== null) setSignature(await chosen.text());
  };
  return (
    <ol className={styles["steps"]}>
      <li>
        <Button variant="default" onClick={() => download(file, text)}>
          Download {file}
        </Button>{" "}
        <span className="dim">the bytes shown on this page, unchanged</span>
      </li>
      <li>
        Sign it with your key:
        <Command text={`ssh-keygen -Y sign -n ${namespace} -f ~/.ssh/id_ed25519 ${file}`} />
      </li>
      <li>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            sign.mutate(signature, { onSuccess: () => setSignature("") });
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
            <Button type="submit" loading={sign.isPending}>
              {verb}
            </Button>
          </Group>
          {sign.isError && <Problem cause={sign.error} />}
        </form>
      </li>
      <li className="dim">
        Or all in one on your own machine, which recomputes everything before it signs:
        <Command text={command} />
      </li>
    </ol>
  );
}

/** The very text that was shown and hashed, not one that is asked for again. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
