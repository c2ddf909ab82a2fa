import { PageHead } from "../parts/page-head.tsx";

export function RolloutsPage() {
  return <PageHead title="rollouts" />;
}
