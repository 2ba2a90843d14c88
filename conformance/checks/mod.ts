/**
 * Every check there is.
 *
 * @module
 */
import type { Check } from "../check.ts";
import { BREAKER_CHECKS } from "./breaker.ts";
import { PUBLISH_CHECKS } from "./bus_publish.ts";
import { END_CHECKS } from "./bus_ends.ts";
import { TOLD_CHECKS } from "./bus_told.ts";
import { DURABILITY_CHECKS } from "./durability.ts";
import { ENVELOPE_KEPT_CHECKS } from "./envelope_kept.ts";
import { ENVELOPE_ATTRIBUTE_CHECKS } from "./envelope_attributes.ts";
import { ENVELOPE_BOUND_CHECKS } from "./envelope_bounds.ts";
import { ENVELOPE_BODY_CHECKS } from "./envelope_bodies.ts";
import { HTTP_DELIVERY_CHECKS } from "./http_delivery.ts";
import { HTTP_BOUND_CHECKS } from "./http_bounds.ts";
import { HTTP_DOCUMENT_CHECKS } from "./http_documents.ts";
import { HTTP_FLUSHED_CHECKS } from "./http_flushed.ts";
import { HTTP_MOUNT_CHECKS } from "./http_mount.ts";
import { HTTP_PUBLISH_CHECKS } from "./http_publish.ts";
import { HTTP_READ_CHECKS } from "./http_read.ts";
import { HTTP_SERVICE_CHECKS } from "./http_service.ts";
import { HTTP_SERVICE_HANDLER_CHECKS } from "./http_service_handlers.ts";
import { HTTP_TIME_CHECKS } from "./http_time.ts";
import { HTTP_TRACE_CHECKS } from "./http_trace.ts";
import { CLASS_CHECKS } from "./priority_classes.ts";
import { SLOT_CHECKS } from "./priority_slots.ts";
import { ROUND_CHECKS } from "./priority_round.ts";
import { CAPACITY_CHECKS } from "./priority_capacity.ts";
import { LANE_CHECKS } from "./priority_lanes.ts";
import { MEMBER_CHECKS } from "./registry_members.ts";
import { INSTANCE_CHECKS } from "./registry_instances.ts";
import { DISCOVERY_CHECKS } from "./registry_discovery.ts";
import { PATTERN_CHECKS } from "./registry_patterns.ts";
import { MODEL_CHECKS } from "./model.ts";
import { ACCEPTANCE_CHECKS } from "./bus_acceptance.ts";
import { RECEIVER_CHECKS } from "./bus_receivers.ts";
import { LIFECYCLE_CHECKS } from "./bus_lifecycle.ts";
import { HEALTH_CHECKS } from "./registry_health.ts";
import { LEASE_CHECKS } from "./registry_leases.ts";
import { DRAIN_CHECKS } from "./bus_drain.ts";
import { CRASH_CHECKS } from "./durable_crash.ts";
import { KEEPING_CHECKS } from "./durable_store.ts";
import { DUPLICATE_CHECKS } from "./bus_duplicates.ts";
import { RECEIPT_CHECKS } from "./bus_status_receipts.ts";
import { DEAD_LETTER_CHECKS } from "./bus_dead_letters.ts";
import { DELAYED_CHECKS } from "./bus_delayed.ts";
import { TRACE_CHECKS } from "./bus_trace.ts";
import { RETRY_DELAY_CHECKS } from "./retry_delays.ts";
import { RETRY_POLICY_CHECKS } from "./retry_policies.ts";
import { RETRY_END_CHECKS } from "./retry_ends.ts";
import { RETRY_ANSWER_CHECKS } from "./retry_answers.ts";
import { DURABLE_RETRY_CHECKS } from "./retry_durable.ts";
import { OUTBOX_CHECKS } from "./outbox.ts";
import { OUTBOX_ANSWER_CHECKS } from "./outbox_answers.ts";
import { OUTBOX_CRASH_CHECKS } from "./outbox_crash.ts";
import { OUTBOX_DURABLE_CHECKS } from "./outbox_durable.ts";
import { PULL_TAKEN_CHECKS } from "./pull_taken.ts";
import { PULL_HELD_CHECKS } from "./pull_held.ts";
import { PULL_STREAM_CHECKS } from "./pull_streams.ts";
import { PULL_WAIT_CHECKS } from "./pull_waits.ts";
import { SECURITY_CHECKS } from "./security.ts";
import { BOUND_CHECKS } from "./security_bounds.ts";
import { GUARD_CHECKS } from "./security_guard.ts";
import { LOOPBACK_CHECKS } from "./security_loopback.ts";
import { PROXY_CHECKS } from "./security_proxy.ts";
import { RATE_CHECKS } from "./security_rates.ts";
import { SCOPE_CHECKS } from "./security_scopes.ts";
import { SECRET_CHECKS } from "./security_secrets.ts";
import { START_CHECKS } from "./security_start.ts";
import { DISK_CHECKS } from "./security_store.ts";
import { TABLE_CHECKS } from "./security_table.ts";
import { VECTOR_CHECKS } from "./vectors.ts";

/** See the module; the ids are unique. */
export const CHECKS: readonly Check[] = [
  ...VECTOR_CHECKS,
  ...ENVELOPE_KEPT_CHECKS,
  ...ENVELOPE_ATTRIBUTE_CHECKS,
  ...ENVELOPE_BOUND_CHECKS,
  ...ENVELOPE_BODY_CHECKS,
  ...CLASS_CHECKS,
  ...SLOT_CHECKS,
  ...ROUND_CHECKS,
  ...LANE_CHECKS,
  ...CAPACITY_CHECKS,
  ...RETRY_DELAY_CHECKS,
  ...RETRY_POLICY_CHECKS,
  ...RETRY_END_CHECKS,
  ...RETRY_ANSWER_CHECKS,
  ...DURABLE_RETRY_CHECKS,
  ...BREAKER_CHECKS,
  ...MEMBER_CHECKS,
  ...INSTANCE_CHECKS,
  ...DISCOVERY_CHECKS,
  ...PATTERN_CHECKS,
  ...LEASE_CHECKS,
  ...HEALTH_CHECKS,
  ...PUBLISH_CHECKS,
  ...END_CHECKS,
  ...TOLD_CHECKS,
  ...DURABILITY_CHECKS,
  ...KEEPING_CHECKS,
  ...CRASH_CHECKS,
  ...MODEL_CHECKS,
  ...ACCEPTANCE_CHECKS,
  ...RECEIVER_CHECKS,
  ...LIFECYCLE_CHECKS,
  ...DUPLICATE_CHECKS,
  ...RECEIPT_CHECKS,
  ...DEAD_LETTER_CHECKS,
  ...DELAYED_CHECKS,
  ...TRACE_CHECKS,
  ...DRAIN_CHECKS,
  ...HTTP_PUBLISH_CHECKS,
  ...HTTP_READ_CHECKS,
  ...HTTP_DELIVERY_CHECKS,
  ...HTTP_SERVICE_CHECKS,
  ...HTTP_SERVICE_HANDLER_CHECKS,
  ...HTTP_MOUNT_CHECKS,
  ...HTTP_FLUSHED_CHECKS,
  ...HTTP_DOCUMENT_CHECKS,
  ...HTTP_BOUND_CHECKS,
  ...HTTP_TRACE_CHECKS,
  ...HTTP_TIME_CHECKS,
  ...PULL_TAKEN_CHECKS,
  ...PULL_HELD_CHECKS,
  ...PULL_STREAM_CHECKS,
  ...OUTBOX_CHECKS,
  ...OUTBOX_ANSWER_CHECKS,
  ...OUTBOX_DURABLE_CHECKS,
  ...OUTBOX_CRASH_CHECKS,
  ...PULL_WAIT_CHECKS,
  ...SECURITY_CHECKS,
  ...START_CHECKS,
  ...LOOPBACK_CHECKS,
  ...SCOPE_CHECKS,
  ...GUARD_CHECKS,
  ...SECRET_CHECKS,
  ...PROXY_CHECKS,
  ...RATE_CHECKS,
  ...BOUND_CHECKS,
  ...DISK_CHECKS,
  ...TABLE_CHECKS,
];
