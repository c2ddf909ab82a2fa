import { parentPort, workerData } from "node:worker_threads";
import { answerOf, outcomeOf, type Question, type SeedOutcome } from "./simulation-question.ts";

/** A thread of its own for one question: carries out seeds while there is time, answers and ends. */
export interface SimulationWork {
  readonly question: Question;
  readonly seeds: number;
  readonly timeMs: number;
}

const { question, seeds, timeMs } = workerData as SimulationWork;
const outcomes: SeedOutcome[] = [];
const began = performance.now();
while (outcomes.length < seeds && performance.now() - began < timeMs) {
  outcomes.push(await outcomeOf(question, outcomes.length));
}
parentPort?.postMessage(answerOf(question, outcomes));
