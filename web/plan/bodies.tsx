import { parseBody, stepToText } from "../../src/plan/body.ts";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { TextBlock } from "../parts/text-block.tsx";
import styles from "./plan.module.css";
import { bodyAnchor, type Plan } from "./plan-model.ts";

/** What hosts do, step by step, each with what would undo it; hosts with the same steps share a body. */
export function Bodies({ plan }: { readonly plan: Plan }) {
  return (
    <div className={styles["bodies"]}>
      {plan.bodies.map((body) => (
        <div key={body.digest} id={bodyAnchor(body.digest)}>
          <Panel title={`Body ${body.digest.slice(0, 12)}`}>
            {body.wayBack !== null && (
              <div className={styles["wayBack"]}>
                <Mark tone={body.wayBack.tone}>Reverting: {body.wayBack.label}</Mark>
                {body.wayBack.says.map((text) => (
                  <div key={text} className="dim">
                    {text}
                  </div>
                ))}
              </div>
            )}
            <Steps text={body.text} />
          </Panel>
        </div>
      ))}
    </div>
  );
}

function Steps({ text }: { readonly text: string }) {
  const body = parseBody(text);
  if (!body.ok) return <TextBlock label="The body, as written" text={text} />;
  const undo = new Map(body.value.undo.map(({ at, step }) => [at, stepToText(step)]));
  return (
    <ol className={styles["steps"]}>
      {body.value.steps.map((step, at) => {
        const back = undo.get(at + 1);
        const line = stepToText(step);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is named by its number.
          <li key={at}>
            {body.value.transactions.includes(at + 1) && (
              <div className="dim">Only when all of the packages above are there:</div>
            )}
            <span className="mono">{line}</span>
            <div className="dim">
              {back !== undefined ? (
                <>
                  to go back: <span className="mono">{back}</span>
                </>
              ) : "sha256" in step ? (
                <Mark tone="bad">no way back</Mark>
              ) : (
                "nothing to take back"
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
