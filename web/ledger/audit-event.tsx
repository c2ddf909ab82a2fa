import { PageHead } from "../parts/page-head.tsx";

export function AuditEventPage() {
  return <PageHead title="audit-event" />;
}
