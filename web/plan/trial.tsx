import { Button, Group, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useMemo } from "react";
import { durationToText, SECOND_MS } from "../../src/base/instant.ts";
import type { paths } from "../../src/client/schema.d.ts";
import { api, ask } from "../app/api.ts";
import { useDeed } from "../app/queries.ts";
import { hostsText } from "../change/change-model.ts";
import { Chart } from "../parts/chart.tsx";
import { colourOf } from "../parts/day-lines.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import styles from "./plan.module.css";
import type { Plan } from "./plan-model.ts";

type Posted = paths["/api/v1/plans/{plan}/simulations"]["post"];
type Simulation = Posted["responses"][200]["content"]["application/json"];
type Spread = Simulation["harmed"];

const RUNS_USUAL = 200;
const RUNS_MAX = 1_000;
const CHART_HEIGHT = 220;

/** What the plan will do, carried out in trial by the engine's own rules. Nothing is changed by it. */
export function Trial({ plan }: { readonly plan: Plan }) {
  const run = useDeed((asked: Asked) => {
    const params = { path: { plan: plan.digest } };
    return ask(api.POST("/api/v1/plans/{plan}/simulations", { params, body: asked }));
  }, []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    run.mutate(askedBy(new FormData(event.currentTarget)));
  };
  return (
    <>
      <Text size="sm" mb="sm">
        Each run is the whole plan against virtual hosts, under the same rules as a real one: how
        many hosts a bad patch harms before the plan stops itself, and how long a good one takes.
      </Text>
      <form onSubmit={submit}>
        <Group align="flex-end" mb="md">
          <NumberInput
            name="rate"
            label="Hosts it breaks"
            size="xs"
            suffix=" %"
            min={0}
            max={100}
            decimalScale={2}
            defaultValue={5}
            required
            w={150}
          />
          <TextInput name="stratum" label="Only those in" placeholder="os=debian 12" w={200} />
          <NumberInput
            name="runs"
            label="Runs"
            size="xs"
            min={1}
            max={RUNS_MAX}
            allowDecimal={false}
            defaultValue={RUNS_USUAL}
            required
            w={110}
          />
          <Button type="submit" loading={run.isPending}>
            Carry it out in trial
          </Button>
        </Group>
      </form>
      {run.isError && <Problem cause={run.error} />}
      <div aria-live="polite">{run.data !== undefined && <Answer of={run.data} />}</div>
    </>
  );
}

type Asked = NonNullable<Posted["requestBody"]>["content"]["application/json"];

function askedBy(fields: FormData): Asked {
  const text = (name: string): string => String(fields.get(name) ?? "").trim();
  const stratum = text("stratum");
  return {
    seeds: Number(text("runs")),
    failureRate: Number(text("rate").replace(/ *%$/, "")) / 100,
    ...(stratum === "" ? {} : { stratum }),
  };
}

function Answer({ of }: { readonly of: Simulation }) {
  const { harmed, late, dueAt, awayHosts } = of;
  return (
    <Stack gap="md">
      <Panel title="What happened">
        <Facts
          of={[
            ["Hosts", `${hostsText(of.hosts)}, ${of.suspects} of them may break`],
            ...(awayHosts === 0
              ? []
              : [["Out of reach", `${hostsText(awayHosts)}, in every run`] as const]),
            ["Stopped itself", <Stopped key="stopped" of={of} />],
            ["Hosts harmed", spreadText(harmed, countText)],
            ["Hosts verified", spreadText(of.verified, countText)],
            ...time("Until it stopped", of.secondsToHalt),
            ...time("Until it was done", of.secondsToFinish),
            ["Begins", <Instant key="begins" at={of.startsAt} />],
            ["A job takes", `${secondsText(of.applySeconds)}, ${basisText(of)}`],
            [
              "Late",
              late === null || dueAt === null ? (
                "there is no deadline"
              ) : (
                <span key="late">
                  {spreadText(late, countText)}, by <Instant at={dueAt} />
                </span>
              ),
            ],
          ]}
        />
      </Panel>
      <Panel title="Runs by hosts harmed">
        <Harmed of={of} />
      </Panel>
    </Stack>
  );
}

/** In how many runs, and by which rule of which wave. */
function Stopped({ of: { halted, seeds, stops } }: { readonly of: Simulation }) {
  return (
    <>
      {halted} of {runsText(seeds)}
      {stops.length > 0 && (
        <ul className={styles["stops"]} aria-label="What stopped it">
          {stops.map(({ wave, text, seeds: runs }) => (
            <li key={`${wave} ${text}`}>
              wave {wave}, {text}: {runsText(runs)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Harmed({ of }: { readonly of: Simulation }) {
  const { chart, harmed, seeds } = of;
  const option = useMemo(() => {
    const text = { color: colourOf("--unknown"), fontSize: 11 };
    return {
      animation: false,
      grid: { left: 60, right: 16, top: 16, bottom: 40 },
      tooltip: { trigger: "axis" as const },
      xAxis: {
        type: "category" as const,
        name: "hosts harmed",
        nameLocation: "middle" as const,
        nameGap: 26,
        nameTextStyle: text,
        data: chart.map(({ from, to }) => (to - from === 1 ? `${from}` : `${from} to ${to - 1}`)),
        axisLabel: text,
      },
      yAxis: {
        type: "value" as const,
        minInterval: 1,
        axisLabel: text,
        splitLine: { lineStyle: { color: colourOf("--line") } },
      },
      series: [
        {
          name: "runs",
          type: "bar" as const,
          data: chart.map((bar) => bar.seeds),
          itemStyle: { color: colourOf("--bad") },
        },
      ],
    };
  }, [chart]);
  const summary = `${seeds} runs; hosts harmed: ${spreadText(harmed, countText)}`;
  return <Chart option={option} summary={summary} height={CHART_HEIGHT} />;
}

function time(name: string, spread: Spread | null): readonly (readonly [string, string])[] {
  return spread === null ? [] : [[name, spreadText(spread, secondsText)]];
}

function spreadText(spread: Spread, word: (value: number) => string): string {
  const { median, high, max } = spread;
  return `median ${word(median)}, 19 of 20 runs up to ${word(high)}, at most ${word(max)}`;
}

function runsText(runs: number): string {
  return runs === 1 ? "1 run" : `${runs.toLocaleString("en")} runs`;
}

function countText(value: number): string {
  return (Math.round(value * 10) / 10).toLocaleString("en");
}

function secondsText(seconds: number): string {
  return durationToText(seconds * SECOND_MS);
}

function basisText({ measuredJobs }: Simulation): string {
  return measuredJobs > 0 ? `measured on ${measuredJobs} jobs` : "assumed";
}
