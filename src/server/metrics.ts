import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { World } from "../db/world.ts";
import { loadLedgerSizes } from "../ledger/store-tree.ts";
import { loadWitnessSums } from "../ledger/store-witness-sums.ts";

/** Numbers for Prometheus. Labels are route patterns, never paths: paths hold ids. */
export interface Metrics {
  readonly registry: Registry;
  observeRequest(what: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly seconds: number;
  }): void;
}

export function makeMetrics(world: World): Metrics {
  const registry = new Registry();
  // Memory, processor time, event-loop delay: the first thing to look at when the server is slow.
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: "fettle_http_requests_total",
    help: "Requests answered",
    labelNames: ["method", "route", "status"],
    registers: [registry],
  });
  const duration = new Histogram({
    name: "fettle_http_request_seconds",
    help: "Time to answer a request",
    labelNames: ["method", "route"],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30],
    registers: [registry],
  });
  const size = new Gauge({
    name: "fettle_ledger_entries",
    help: "Entries under the newest signed head",
    registers: [registry],
  });
  new Gauge({
    name: "fettle_ledger_waiting",
    help: "Events that have no place in the ledger yet",
    registers: [registry],
    async collect() {
      const sizes = await loadLedgerSizes(world.db);
      this.set(sizes.waiting);
      size.set(sizes.size);
    },
  });
  const lag = new Gauge({
    name: "fettle_ledger_witness_lag_seconds",
    help: "How long a head has been before its witnesses without enough of them signing it",
    registers: [registry],
  });
  const contradicting = new Gauge({
    name: "fettle_ledger_witnesses_contradicting",
    help: "Witnesses that hold a head which this log never had",
    registers: [registry],
  });
  new Gauge({
    name: "fettle_ledger_cosigned_entries",
    help: "Entries under the newest head that enough witnesses have signed",
    registers: [registry],
    async collect() {
      const sums = await loadWitnessSums(world.db);
      this.set(sums.cosigned);
      lag.set(sums.lagSeconds);
      contradicting.set(sums.contradicting);
    },
  });
  return {
    registry,
    observeRequest({ method, route, status, seconds }) {
      requests.inc({ method, route, status: String(status) });
      duration.observe({ method, route }, seconds);
    },
  };
}
