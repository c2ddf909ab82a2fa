import { NativeSelect, Textarea } from "@mantine/core";
import { api, ask } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { wordFor } from "../app/words.ts";
import { Answered } from "./answered.tsx";

const OWN = "own";

export interface ChosenRings {
  /** Digest of a policy that the server knows, or `own`. */
  readonly choice: string;
  /** The policy's exact text; empty while nothing is chosen. */
  readonly text: string;
}

export const noRings: ChosenRings = { choice: "", text: "" };

/** Chooses a rings policy among those that the server knows, or takes the text of another. */
export function RingsChoice(props: {
  readonly chosen: ChosenRings;
  readonly onChoose: (rings: ChosenRings) => void;
}) {
  const { chosen, onChoose } = props;
  const policies = useAnswer({
    key: ["policy"],
    topics: ["policy", "plans"],
    load: (signal) => ask(api.GET("/api/v1/policy", { signal })),
  });
  return (
    <Answered of={policies} what="policies">
      {({ items }) => {
        const rings = items.filter((file) => file.kind === "rings" && file.problem === null);
        const choose = (choice: string) =>
          onChoose({ choice, text: rings.find((file) => file.digest === choice)?.text ?? "" });
        return (
          <>
            <NativeSelect
              size="xs"
              label="Rings policy"
              description="In which order, how fast, and when to stop. Whoever approves, approves these rules."
              required
              value={chosen.choice}
              onChange={(event) => choose(event.currentTarget.value)}
              data={[
                { value: "", label: "Choose one" },
                ...rings.map((file) => ({
                  value: file.digest,
                  label: `${file.name} (${wordFor("policyOrigin", file.origin).label}, ${file.digest.slice(0, 8)})`,
                })),
                { value: OWN, label: "Another: paste its text" },
              ]}
            />
            {chosen.choice !== "" && (
              <Textarea
                label={chosen.choice === OWN ? "Its text" : "What it says"}
                readOnly={chosen.choice !== OWN}
                rows={9}
                mt="xs"
                value={chosen.text}
                onChange={(event) => onChoose({ choice: OWN, text: event.currentTarget.value })}
                styles={{
                  input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 },
                }}
              />
            )}
          </>
        );
      }}
    </Answered>
  );
}
