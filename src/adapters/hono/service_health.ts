/**
 * The health of a service as `application/health+json`.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { HealthReport, ServiceDefinition } from "../../service/definition.ts";
import { until } from "./service_time.ts";

/**
 * Asks the service's own check, if it has one: 200 for `pass` and `warn`, 503 for `fail`. A check that throws, says
 * something else or does not answer in time is a `fail`.
 *
 * Source: draft-inadarei-api-health-check, section 3.
 */
export async function healthResponse<Env>(
  definition: ServiceDefinition<Env>,
  clock: Clock,
  timeoutMs: number,
): Promise<Response> {
  const { name, version, instance, health, onError } = definition.settings;
  let report: HealthReport = { status: "pass" };
  if (health !== undefined) {
    const time = until(clock, clock.nowMs() + timeoutMs);
    try {
      const late = new Promise<HealthReport>((resolve) => {
        time.signal.addEventListener("abort", () => resolve({ status: "fail", output: "the check took too long" }));
      });
      const said = await Promise.race([late, health()]);
      report = typeof said === "string" ? { status: said } : said;
      if (!["pass", "warn", "fail"].includes(report?.status)) report = { status: "fail", output: "no known status" };
    } catch (error) {
      try {
        onError?.(error);
      } catch { /* the log's fault is not the service's */ }
      report = { status: "fail", output: "the check threw" };
    } finally {
      time.end();
    }
  }
  const { status, output } = report;
  const members = { status, version, serviceId: instance === undefined ? name : `${name}@${instance}` };
  return new Response(JSON.stringify(output === undefined ? members : { ...members, output }), {
    status: status === "fail" ? 503 : 200,
    headers: { "content-type": "application/health+json", "cache-control": "no-store" },
  });
}
