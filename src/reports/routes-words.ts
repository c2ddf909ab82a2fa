import { z } from "zod";
import { tones } from "../base/tone.ts";
import { wordList, wordSchema } from "../base/word.ts";
import { changeStateWords } from "../change/words.ts";
import { type Route, route } from "../db/world.ts";
import { keyClassWords } from "../identity/words.ts";
import { feedStateWords, findingStateWords, listedFindingWords } from "../intel/words.ts";
import { serviceStateWords } from "../inventory/words.ts";
import { gateWords, rolloutStateWords, standingWords, waveStateWords } from "../rollout/words.ts";
import {
  complianceWords,
  deferralReasonWords,
  deferralStateWords,
  exceptionStateWords,
  knownIssueStateWords,
  reasonClassWords,
} from "../triage/decision-words.ts";
import { patchStages, patchStateWords, remedyWords } from "../triage/words.ts";
import { respects } from "./host-facets.ts";
import {
  caseEventWords,
  facetTones,
  facetWords,
  hostEventWords,
  policyOriginWords,
  respectTitles,
} from "./words.ts";

/**
 * The vocabulary of the pages: every state, kind and class with its tone and the word people read,
 * in the order in which they choose among them. The same for everybody and as long as the server runs.
 */
const words = {
  change: wordList(changeStateWords),
  rollout: wordList(rolloutStateWords),
  wave: wordList(waveStateWords),
  gate: wordList(gateWords),
  standing: wordList(standingWords),
  feed: wordList(feedStateWords),
  finding: wordList(findingStateWords),
  /** Those by which a list of findings can be asked for. */
  listedFinding: wordList(listedFindingWords),
  remedy: wordList(remedyWords),
  service: wordList(serviceStateWords),
  keyClass: wordList(keyClassWords),
  hostEvent: wordList(hostEventWords),
  caseEvent: wordList(caseEventWords),
  policyOrigin: wordList(policyOriginWords),
  exception: wordList(exceptionStateWords),
  exceptionReason: wordList(reasonClassWords),
  compliance: wordList(complianceWords),
  deferral: wordList(deferralStateWords),
  deferralReason: wordList(deferralReasonWords),
  knownIssue: wordList(knownIssueStateWords),
};

const list = z.array(wordSchema);

const getWords = route({
  method: "GET",
  path: "/api/v1/words",
  summary: "How states, kinds and classes are named and marked wherever people see them.",
  permission: "signed-in",
  reply: z
    .strictObject({
      words: z.strictObject({
        change: list,
        rollout: list,
        wave: list,
        gate: list,
        standing: list,
        feed: list,
        finding: list,
        listedFinding: list,
        remedy: list,
        service: list,
        keyClass: list,
        hostEvent: list,
        caseEvent: list,
        policyOrigin: list,
        exception: list,
        exceptionReason: list,
        compliance: list,
        deferral: list,
        deferralReason: list,
        knownIssue: list,
        patch: z.array(wordSchema.extend({ stagesBehind: z.number().int() })),
      }),
      /** The way of a case, from what was published to what was verified. */
      patchStages: z.array(z.string()),
      /** The four respects in which a host stands somewhere, each with the tones it can have. */
      hostRespects: z.array(
        z.strictObject({
          name: z.enum(respects),
          title: z.string(),
          tones: z.array(
            z.strictObject({ name: z.enum(tones), tone: z.enum(tones), label: z.string() }),
          ),
        }),
      ),
    })
    .meta({ id: "Vocabulary" }),
  handle: async () => ({
    words: {
      ...words,
      patch: Object.entries(patchStateWords).map(([name, word]) => ({ name, ...word })),
    },
    patchStages: [...patchStages],
    hostRespects: (["risk", "reach", "fresh", "reboot"] as const).map((name) => ({
      name,
      title: respectTitles[name],
      tones: facetTones[name].map((tone) => ({ name: tone, tone, label: facetWords[name][tone] })),
    })),
  }),
});

export const wordRoutes: readonly Route[] = [getWords];
