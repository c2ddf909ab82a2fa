import { Button, Collapse, Group, Text, Textarea } from "@mantine/core";
import { useEffect, useState } from "react";
import { api, ask } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import type { Tone } from "../app/words.ts";
import { Answered } from "../parts/answered.tsx";
import { Command } from "../parts/command.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { TextBlock } from "../parts/text-block.tsx";
import styles from "./ledger.module.css";
import { fromBase64, isConsistent } from "./merkle.ts";
import { rememberedHead, rememberHead } from "./seen-head.ts";
import { hasCryptography, isSignedBy, parseHead, type SignedHead } from "./signed-head.ts";

interface Judged {
  readonly tone: Tone;
  readonly text: string;
}

/** The newest signed head, checked by this browser, also against the last one that it saw. */
export function HeadCheck() {
  const head = useAnswer({
    key: ["audit", "head"],
    topics: ["audit"],
    load: async (signal) => {
      const as = { parseAs: "text", signal } as const;
      const [note, key] = await Promise.all([
        ask(api.GET("/api/v1/audit/checkpoint", as)),
        ask(api.GET("/api/v1/audit/key", as)),
      ]);
      return { note: String(note), key: String(key).trim() };
    },
  });
  return (
    <Panel title="The signed head">
      <Answered of={head} what="the signed head">
        {({ note, key }) => <Checked note={note} verifier={key} />}
      </Answered>
    </Panel>
  );
}

function Checked({ note, verifier }: { readonly note: string; readonly verifier: string }) {
  const [isOpen, setOpen] = useState(false);
  const [judged, setJudged] = useState<readonly Judged[]>([]);
  const head = parseHead(note);
  useEffect(() => {
    let isOld = false;
    void judge(note, verifier).then((found) => {
      if (!isOld) setJudged(found);
    });
    return () => {
      isOld = true;
    };
  }, [note, verifier]);
  return (
    <>
      <div className={styles["judged"]} role="status">
        <b>{head?.size.toLocaleString("en") ?? "?"} entries</b>
        {judged.map(({ tone, text }) => (
          <Mark key={text} tone={tone}>
            {text}
          </Mark>
        ))}
        <Button variant="default" onClick={() => setOpen(!isOpen)} aria-expanded={isOpen}>
          {isOpen ? "Less" : "Head, key and offline check"}
        </Button>
      </div>
      <Collapse expanded={isOpen} transitionDuration={0}>
        <div className={styles["offline"]}>
          <div>
            <TextBlock label="The newest signed head" text={note.trimEnd()} />
            <Text size="sm" mt="sm" mb={4}>
              The log's key. Compare it with the one that you keep where this server cannot write:
            </Text>
            <TextBlock label="The log's public key" text={verifier} />
            <Text size="sm" mt="sm">
              What this page says comes from this server. To check everything without trusting it,
              take the log away and verify it on another machine:
            </Text>
            <Command
              text={"fettle audit export ledger.jsonl\nfettle audit verify ledger.jsonl --key KEY"}
            />
          </div>
          <OlderHead newest={head} verifier={verifier} />
        </div>
      </Collapse>
    </>
  );
}

/** Signature first; then the log must hold what it held when this browser last looked. */
async function judge(note: string, verifier: string): Promise<readonly Judged[]> {
  const head = parseHead(note);
  if (head === null) return [{ tone: "bad", text: "the head cannot be read" }];
  if (!hasCryptography()) {
    return [
      { tone: "unknown", text: "not checked: the browser has no cryptography over plain http" },
    ];
  }
  if (!(await isSignedBy(head, verifier))) {
    return [{ tone: "bad", text: "the log's key did not sign this head" }];
  }
  const signed: Judged = { tone: "good", text: "signed by the log's key" };
  const seen = parseHead(rememberedHead(head.origin) ?? "");
  if (seen === null) {
    rememberHead(head.origin, note);
    return [signed, { tone: "unknown", text: "this browser sees the log for the first time" }];
  }
  const grown = await grewFrom(seen, head);
  if (grown.tone === "good") rememberHead(head.origin, note);
  return [signed, grown];
}

/** Asks for the proof that the newer head holds the older one unchanged, and checks it here. */
async function grewFrom(older: SignedHead, newer: SignedHead): Promise<Judged> {
  const [from, to] = [older.size, newer.size];
  if (from > to) {
    return { tone: "bad", text: `the log was cut: it had ${from} entries and has ${to}` };
  }
  const query = { from, to };
  const { proof } = await ask(api.GET("/api/v1/audit/consistency", { params: { query } }));
  const isGood = await isConsistent({
    oldSize: from,
    oldRoot: older.root,
    size: to,
    root: newer.root,
    proof: proof.map(fromBase64),
  });
  if (!isGood) {
    return {
      tone: "bad",
      text: `the log was rewritten: its first ${from} entries are not the same`,
    };
  }
  const text = from === to ? "unchanged since" : `only grew, ${from} to ${to}, since`;
  return { tone: "good", text: `${text} this browser last looked` };
}

/** The same against a head that somebody kept somewhere else. */
function OlderHead(props: { readonly newest: SignedHead | null; readonly verifier: string }) {
  const { newest, verifier } = props;
  const [text, setText] = useState("");
  const check = useDeed(async (note: string): Promise<Judged> => {
    const older = parseHead(`${note.trim()}\n`);
    if (older === null || newest === null) {
      return { tone: "bad", text: "this is no signed head: paste all of its lines" };
    }
    if (!(await isSignedBy(older, verifier))) {
      return {
        tone: "bad",
        text: "the log's key did not sign that head: another log, or a forged one",
      };
    }
    const judged = await grewFrom(older, newest);
    if (judged.tone !== "good") return judged;
    return {
      tone: "good",
      text: `all ${older.size} entries of that head are unchanged in this one`,
    };
  }, []);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        check.mutate(text);
      }}
    >
      <Textarea
        label="A head that you kept earlier"
        description="fettle audit head > kept-head"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        classNames={{ input: "mono" }}
        autosize
        minRows={5}
        required
      />
      <Group mt="xs">
        <Button type="submit" variant="default" loading={check.isPending}>
          Check that the log still holds it
        </Button>
      </Group>
      {check.isError && <Problem cause={check.error} />}
      {check.data !== undefined && (
        <div className={styles["judged"]} role="status">
          <Mark tone={check.data.tone}>{check.data.text}</Mark>
        </div>
      )}
    </form>
  );
}
