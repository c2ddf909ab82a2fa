import { PageHead } from "../parts/page-head.tsx";

export function HostPage() {
  return <PageHead title="host" />;
}
