import { PageHead } from "../parts/page-head.tsx";

export function SetupPage() {
  return <PageHead title="setup" />;
}
