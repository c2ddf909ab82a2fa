import { PageHead } from "../parts/page-head.tsx";

export function RolloutPage() {
  return <PageHead title="rollout" />;
}
