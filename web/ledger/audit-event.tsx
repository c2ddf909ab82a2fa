import { Text } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import type { Tone } from "../app/words.ts";
import { Answered } from "../parts/answered.tsx";
import { Command } from "../parts/command.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { Person } from "../parts/person.tsx";
import { TextBlock } from "../parts/text-block.tsx";
import styles from "./ledger.module.css";
import { pageOf } from "./ledger-model.ts";
import { fromBase64, isSame, leafHash, rootOf, toBase64 } from "./merkle.ts";
import { hasCryptography, isSignedBy, parseHead } from "./signed-head.ts";

type Proof = Reply<"/api/v1/audit/proof/{index}">;

export function AuditEventPage() {
  const index = Number((useParams({ strict: false }) as { readonly index: string }).index);
  // An entry never changes and neither does its proof in the tree of that size.
  const proof = useAnswer({
    key: ["audit", "proof", index],
    topics: [],
    load: async (signal) => {
      const path = { index };
      const [found, key] = await Promise.all([
        ask(api.GET("/api/v1/audit/proof/{index}", { params: { path }, signal })),
        ask(api.GET("/api/v1/audit/key", { parseAs: "text", signal })),
      ]);
      return { found, key: String(key).trim() };
    },
  });
  return (
    <Answered of={proof} what="the entry">
      {({ found, key }) => <Entry proof={found} verifier={key} />}
    </Answered>
  );
}

interface EntryText {
  readonly at: string;
  readonly type: string;
  readonly actor: string;
  readonly object: string;
  readonly change?: string;
  readonly patch?: string;
  readonly plan?: string;
  /** How strongly the person was signed in; not in entries of earlier releases, nor in the server's own. */
  readonly signIn?: SignIn;
}

interface SignIn {
  readonly by?: string;
  readonly strength?: string;
  readonly proved?: string;
  readonly provider?: string;
  readonly amr?: readonly string[];
  readonly acr?: string;
}

function Entry({ proof, verifier }: { readonly proof: Proof; readonly verifier: string }) {
  // The very text that was hashed is shown, not what another answer says of it.
  const event = JSON.parse(proof.entry) as EntryText;
  const { index } = proof;
  const page = pageOf(event.object);
  return (
    <>
      <PageHead
        title={`Entry ${index.toLocaleString("en")}`}
        aside={<span className="dim">{event.type}</span>}
        sentence={
          <>
            <Person subject={event.actor} /> · {proof.sentence} · <Instant at={event.at} />
          </>
        }
        actions={
          <>
            {index > 0 && <Go href={`/audit/${index - 1}`}>Earlier</Go>}
            {index + 1 < proof.size && <Go href={`/audit/${index + 1}`}>Later</Go>}
            <Go href={`/audit?about=${encodeURIComponent(event.object)}`}>All about this</Go>
          </>
        }
      />
      <div className={styles["entry"]}>
        <Panel title="What was recorded">
          <Facts
            of={[
              ["When", `${event.at}`],
              ["Who", <Person key="who" subject={event.actor} />],
              ...signedIn(event.signIn),
              [
                "About",
                page === null ? (
                  event.object
                ) : (
                  <Go key="about" href={page}>
                    {event.object}
                  </Go>
                ),
              ],
              ...related("Patch", event.patch, "patches"),
              ...related("Change", event.change, "changes"),
              ...related("Plan", event.plan, "plans"),
            ]}
          />
          <Text size="sm" mt="md" mb={4}>
            The entry, byte by byte (canonical JSON, RFC 8785):
          </Text>
          <TextBlock label="The entry, byte by byte" text={proof.entry} />
        </Panel>
        <Inclusion proof={proof} verifier={verifier} />
      </div>
    </>
  );
}

const WAYS: Readonly<Record<string, string>> = {
  password: "a password",
  code: "a password and a one-time code",
  passkey: "a passkey",
  provider: "a provider",
  token: "a token",
};

function signedIn(said: SignIn | undefined): readonly (readonly [string, string])[] {
  if (said === undefined) return [];
  const { by, strength, proved, provider, amr = [], acr } = said;
  const factors = strength === "two" ? "two factors" : "one factor";
  const parts = [
    ...(by === undefined ? [] : [`by ${WAYS[by] ?? by}`]),
    ...(provider === undefined ? [] : [provider]),
    ...(amr.length === 0 ? [] : [`amr ${amr.join(" ")}`]),
    ...(acr === undefined ? [] : [`acr ${acr}`]),
    strength === undefined ? "nobody proved it" : `${factors}, proved ${proved ?? "at some time"}`,
  ];
  return [["Signed in", parts.join(" · ")]];
}

function related(title: string, id: string | undefined, section: string) {
  if (id === undefined) return [];
  const link = (
    <Go key={title} href={`/${section}/${id}`} className="mono">
      {id}
    </Go>
  );
  return [[title, link] as const];
}

interface Step {
  readonly tone: Tone;
  readonly text: string;
}

function Inclusion({ proof, verifier }: { readonly proof: Proof; readonly verifier: string }) {
  const [steps, setSteps] = useState<readonly Step[]>([]);
  useEffect(() => {
    let isOld = false;
    void prove(proof, verifier).then((found) => {
      if (!isOld) setSteps(found);
    });
    return () => {
      isOld = true;
    };
  }, [proof, verifier]);
  return (
    <Panel title="Proof that it is in the log">
      <ul className={styles["steps"]} aria-label="Checked by this browser" aria-live="polite">
        {steps.map(({ tone, text }) => (
          <li key={text}>
            <Mark tone={tone}>{text}</Mark>
          </li>
        ))}
      </ul>
      <Text size="sm" mt="sm" mb={4}>
        {proof.proof.length} neighbouring hashes lead from the entry to the root (RFC 6962 §2.1.1):
      </Text>
      <TextBlock
        label="The inclusion proof"
        text={[`leaf ${proof.leaf}`, ...proof.proof, `root ${proof.root}`].join("\n")}
      />
      <Text size="sm" mt="sm" mb={4}>
        The signed head of {proof.size.toLocaleString("en")} entries:
      </Text>
      <TextBlock label="The signed head" text={proof.checkpoint.trimEnd()} />
      <Text size="sm" mt="sm">
        The same for the whole log, on a machine that trusts this server in nothing:
      </Text>
      <Command
        text={"fettle audit export ledger.jsonl\nfettle audit verify ledger.jsonl --key KEY"}
      />
    </Panel>
  );
}

/** Hash the shown bytes, walk the proof, compare with the signed root: all of it here. */
async function prove(proof: Proof, verifier: string): Promise<readonly Step[]> {
  if (!hasCryptography()) {
    return [
      { tone: "unknown", text: "not checked: the browser has no cryptography over plain http" },
    ];
  }
  const head = parseHead(proof.checkpoint);
  if (head === null) return [{ tone: "bad", text: "the signed head cannot be read" }];
  const { index, size } = proof;
  const leaf = await leafHash(proof.entry);
  const hashes = proof.proof.map(fromBase64);
  const root = await rootOf({ leaf, index, size, proof: hashes });
  const isRoot = root !== null && size === head.size && isSame(root, head.root);
  const isSigned = await isSignedBy(head, verifier);
  return [
    judged(
      toBase64(leaf) === proof.leaf,
      "the bytes shown hash to the leaf",
      "the bytes shown are not the leaf",
    ),
    judged(
      isRoot,
      "the proof leads to the root of the signed head",
      "the proof leads elsewhere: this entry is not in the log",
    ),
    judged(isSigned, "the log's key signed that head", "the log's key did not sign that head"),
  ];
}

function judged(isGood: boolean, good: string, bad: string): Step {
  return isGood ? { tone: "good", text: good } : { tone: "bad", text: bad };
}
