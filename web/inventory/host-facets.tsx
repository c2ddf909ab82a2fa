import { UnstyledButton } from "@mantine/core";
import type { Search } from "../app/search-state.ts";
import { hostRespects } from "../app/words.ts";
import { Shape } from "../parts/mark.tsx";
import { type HostList, type Respect, type StateTone, stateTones } from "./host-model.ts";
import styles from "./inventory.module.css";

/**
 * Where the hosts stand in each of the four respects, counted; each count is a filter. Counts of a
 * respect do not shrink by its own choice, so that another one can be added.
 */
export function HostFacets(props: {
  readonly facets: HostList["facets"];
  readonly search: Search;
  readonly set: (change: Readonly<Record<string, string>>) => void;
}) {
  const { facets, search, set } = props;
  return (
    <div className={styles["facets"]}>
      {hostRespects().map(({ name, title, tones }) => {
        const chosen = chosenTones(search, name);
        return (
          <fieldset key={name} className={styles["facet"]}>
            <legend>{title}</legend>
            {tones.map(({ tone, label }) => (
              <UnstyledButton
                key={tone}
                className={styles["tone"]}
                aria-pressed={chosen.includes(tone)}
                onClick={() => set({ [name]: toggled(chosen, tone).join(",") })}
              >
                <span className={facets[name][tone] === 0 ? styles["none"] : `mark ${tone}`}>
                  <Shape tone={tone} />
                </span>
                <span>{label}</span>
                <span className={styles["count"]}>{facets[name][tone].toLocaleString("en")}</span>
              </UnstyledButton>
            ))}
          </fieldset>
        );
      })}
    </div>
  );
}

function chosenTones(search: Search, name: Respect): readonly StateTone[] {
  const texts = (search[name] ?? "").split(",");
  return stateTones.filter((tone) => texts.includes(tone));
}

function toggled(chosen: readonly StateTone[], tone: StateTone): readonly StateTone[] {
  return stateTones.filter((each) => (each === tone) !== chosen.includes(each));
}
