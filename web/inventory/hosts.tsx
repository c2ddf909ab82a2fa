import { PageHead } from "../parts/page-head.tsx";

export function HostsPage() {
  return <PageHead title="hosts" />;
}
