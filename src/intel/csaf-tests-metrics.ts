import { z } from "zod";
import { instantFromText } from "../base/instant.ts";
import { isObject, listIn } from "./csaf-products.ts";
import type { CsafSchema, SchemaCheck } from "./csaf-schema.ts";
import type { Complaint } from "./csaf-tests.ts";
import { scoreCvss, severityOf } from "./cvss.ts";
import { selectionProblem } from "./ssvc-decision-points.ts";

/** Mandatory tests of CSAF 2.1 about the metrics of vulnerabilities: CVSS 4.0, SSVC, severities. */
type Test = (document: unknown) => readonly Complaint[];

export function metricTests(schema: CsafSchema): Readonly<Record<string, Test>> {
  return {
    "6.1.8": (document) => validBy(schema.cvss4, "cvss_v4", document),
    "6.1.9": (document) => metricsOf(document, "cvss_v4").flatMap(miscounted),
    "6.1.46": (document) => validBy(schema.ssvc, "ssvc_v2", document),
    "6.1.47": strangeTargets,
    "6.1.48": strangeSelections,
    "6.1.49": lateSsvc,
    "6.1.56": twoSeverities,
  };
}

interface Metric {
  readonly path: string;
  readonly value: unknown;
  readonly vulnerability: unknown;
}

function metricsOf(document: unknown, name: string): readonly Metric[] {
  return listIn(document, "vulnerabilities").flatMap((vulnerability, at) =>
    listIn(vulnerability, "metrics").flatMap((metric, place) => {
      const content = isObject(metric) ? metric.content : undefined;
      if (!isObject(content) || content[name] === undefined) return [];
      const path = `/vulnerabilities/${at}/metrics/${place}/content/${name}`;
      return [{ path, value: content[name], vulnerability }];
    }),
  );
}

function validBy(check: SchemaCheck, name: string, document: unknown): readonly Complaint[] {
  return metricsOf(document, name).flatMap(({ path, value }) => {
    if (check(value)) return [];
    return (check.errors ?? []).map((error) => ({
      instancePath: `${path}${error.instancePath}`,
      message: error.message ?? "does not follow its schema",
    }));
  });
}

const cvss4Schema = z.object({
  vectorString: z.string(),
  baseScore: z.number(),
  baseSeverity: z.string().catch(""),
});

/** 6.1.9: the one score that stands beside a vector of 4.0 is that of the whole vector. */
function miscounted({ path, value }: Metric): readonly Complaint[] {
  const cvss = cvss4Schema.safeParse(value).data;
  const scores = cvss === undefined ? null : scoreCvss(cvss.vectorString).scores;
  if (cvss === undefined || scores === null) return [];
  const { overall } = scores;
  const found: Complaint[] = [];
  if (cvss.baseScore !== overall) {
    found.push({ instancePath: `${path}/baseScore`, message: `the vector gives ${overall}` });
  }
  const severity = severityOf(overall, "4.0").toUpperCase();
  if (cvss.baseSeverity !== severity) {
    found.push({ instancePath: `${path}/baseSeverity`, message: `the vector gives ${severity}` });
  }
  return found;
}

const targetsSchema = z.object({ target_ids: z.array(z.string()).catch([]) });

/** 6.1.47: what was judged is the vulnerability that it stands in. */
function strangeTargets(document: unknown): readonly Complaint[] {
  const isAlone = listIn(document, "vulnerabilities").length < 2;
  const documentId = trackingOf(document).id;
  return metricsOf(document, "ssvc_v2").flatMap(({ path, value, vulnerability }) => {
    const own = isObject(vulnerability) ? vulnerability.cve : undefined;
    const texts = listIn(vulnerability, "ids").flatMap((id) => (isObject(id) ? [id.text] : []));
    const targets = targetsSchema.safeParse(value).data?.target_ids ?? [];
    return targets.flatMap((target, at) => {
      const isKnown = target === own || texts.includes(target);
      if (isKnown && (isAlone || target !== documentId)) return [];
      const message = isKnown
        ? "the id of the document could mean any of its vulnerabilities"
        : "it is no id of the vulnerability";
      return [{ instancePath: `${path}/target_ids/${at}`, message }];
    });
  });
}

const selectionSchema = z.object({
  namespace: z.string(),
  key: z.string(),
  version: z.string(),
  values: z.array(z.object({ key: z.string() })),
});

/** 6.1.48: in a registered namespace, with extensions or without, only what is defined there. */
function strangeSelections(document: unknown): readonly Complaint[] {
  return metricsOf(document, "ssvc_v2").flatMap(({ path, value }) =>
    listIn(value, "selections").flatMap((raw, at) => {
      const selection = selectionSchema.safeParse(raw).data;
      if (selection === undefined) return [];
      const values = selection.values.map(({ key }) => key);
      const message = selectionProblem({ ...selection, values });
      return message === null ? [] : [{ instancePath: `${path}/selections/${at}`, message }];
    }),
  );
}

const trackingSchema = z.object({
  id: z.string().catch(""),
  status: z.string().catch(""),
  revision_history: z.array(z.object({ date: z.string(), number: z.string() })).catch([]),
});
const noTracking: z.output<typeof trackingSchema> = { id: "", status: "", revision_history: [] };

export function trackingOf(document: unknown): z.output<typeof trackingSchema> {
  const head = isObject(document) ? document.document : undefined;
  const tracking = isObject(head) ? head.tracking : undefined;
  return trackingSchema.safeParse(tracking).data ?? noTracking;
}

/** 6.1.49: no selection of a published document is newer than its newest revision. */
function lateSsvc(document: unknown): readonly Complaint[] {
  const { status, revision_history: history } = trackingOf(document);
  if (status !== "final" && status !== "interim") return [];
  const newest = Math.max(...history.map(({ date }) => instantFromText(date) ?? -Infinity));
  return metricsOf(document, "ssvc_v2").flatMap(({ path, value }) => {
    const text = isObject(value) ? value.timestamp : undefined;
    const at = typeof text === "string" ? instantFromText(text) : null;
    if (at === null || at <= newest) return [];
    const message = "it is newer than the newest revision of the document";
    return [{ instancePath: `${path}/timestamp`, message }];
  });
}

/** 6.1.56: of one source, a product has scores or a rating in words. */
function twoSeverities(document: unknown): readonly Complaint[] {
  return listIn(document, "vulnerabilities").flatMap((vulnerability, at) => {
    const metrics = listIn(vulnerability, "metrics").filter(isObject);
    const scored = new Set(
      metrics.flatMap((metric) => {
        const content = isObject(metric.content) ? metric.content : {};
        const hasScore = ["cvss_v2", "cvss_v3", "cvss_v4"].some((name) => name in content);
        return hasScore ? tuplesOf(metric) : [];
      }),
    );
    return metrics.flatMap((metric, place) => {
      const isRated = isObject(metric.content) && "qualitative_severity_rating" in metric.content;
      if (!isRated || !tuplesOf(metric).some((tuple) => scored.has(tuple))) return [];
      const instancePath = `/vulnerabilities/${at}/metrics/${place}/content/qualitative_severity_rating`;
      return [{ instancePath, message: "the same source gives a CVSS score for the product" }];
    });
  });
}

function tuplesOf(metric: Readonly<Record<string, unknown>>): readonly string[] {
  return listIn(metric, "products").map((product) => JSON.stringify([metric.source, product]));
}
