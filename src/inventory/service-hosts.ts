import type { HostId } from "../base/ids.ts";
import { type Labels, selectorToText, selects } from "../base/labels.ts";
import type { Service, ServiceHosts } from "./service.ts";

/** Which services a host runs: those that name it, and those whose label expression selects it. */
export function isRunBy(
  service: Pick<Service, "hosts">,
  host: { readonly id: HostId; readonly labels: Labels },
): boolean {
  const { selector, named } = service.hosts;
  if (named.some((one) => one.id === host.id)) return true;
  return selector !== null && selects(selector, host.labels);
}

/** The label expression as people type it; null where hosts are only named. */
export function selectorTextOf({ selector }: ServiceHosts): string | null {
  return selector === null ? null : selectorToText(selector);
}
