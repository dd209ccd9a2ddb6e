// `GET /metrics`: the service in numbers, for Prometheus. It asks for nothing that `/healthz` does not have at hand, too:
// what it costs does not grow with the history.

import { cpuUsage } from "node:process";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { sandboxLevels } from "../../core/domain/sandbox.ts";
import type { Measures, Service } from "../../core/engine/service/service.ts";
import { api } from "./api.ts";
import { type Family, prometheusText, prometheusType, samplesBy } from "./prometheus.ts";
import type { OpenStreams } from "../live/server_sent_events.ts";

export function metrics(
  service: Service,
  { streams, version }: { streams: OpenStreams; version: string },
): OpenAPIHono {
  const app = api();
  app.openapi(
    createRoute({
      method: "get",
      path: "/metrics",
      operationId: "getMetrics",
      tags: ["Service"],
      summary: "The service in numbers, for Prometheus",
      description:
        "The text exposition format 0.0.4. Gauges of tasks are of the whole store; everything else is of this " +
        "process, and its counters begin with it.",
      responses: {
        200: {
          description: "One family after the other, each with `# HELP` and `# TYPE`",
          content: {
            "text/plain": {
              schema: z.string(),
              example: "# HELP personal_coder_slots Agents that this worker runs at once at most.\n" +
                "# TYPE personal_coder_slots gauge\npersonal_coder_slots 3\n",
            },
          },
        },
      },
    }),
    async (c) => {
      const families = [
        ...familiesOf(await service.measures()),
        ...processFamilies({ openStreams: streams.size, version }),
      ];
      return c.text(prometheusText(families), 200, { "content-type": prometheusType, "cache-control": "no-store" });
    },
  );
  return app;
}

function familiesOf({ tasks, pending, slots, paused, sandbox, stored, counted }: Measures): Family[] {
  return [
    {
      name: "personal_coder_tasks",
      type: "gauge",
      help: "Tasks of the store by status.",
      samples: samplesBy("status", Object.entries(tasks)),
    },
    {
      name: "personal_coder_pending_tasks",
      type: "gauge",
      help:
        "Pending tasks: ready for a slot here, waiting for what passes by itself, or stuck behind one that ended badly.",
      samples: samplesBy("state", Object.entries(pending)),
    },
    {
      name: "personal_coder_slots",
      type: "gauge",
      help: "Agents that this worker runs at once at most.",
      samples: [{ value: slots.total }],
    },
    {
      name: "personal_coder_slots_free",
      type: "gauge",
      help: "How many more it could run now.",
      samples: [{ value: slots.free }],
    },
    {
      name: "personal_coder_dispatch_paused",
      type: "gauge",
      help: "1 while this cause keeps the worker from starting anything: an API that refuses or runs that fail early " +
        "(environment), no agent, a full disk, or a lease it cannot be sure of; or from starting tasks of one repository " +
        "at least that is broken (repository).",
      samples: samplesBy("cause", Object.entries(paused).map(([cause, is]) => [cause, Number(is)])),
    },
    {
      name: "personal_coder_sandbox_level",
      type: "gauge",
      help: "1 for how far runs are confined that ask for nothing more.",
      samples: samplesBy("level", sandboxLevels.map((level) => [level, Number(level === sandbox)])),
    },
    ...storedFamilies(stored),
    {
      name: "personal_coder_runs_finished_total",
      type: "counter",
      help: "Runs finished, by outcome.",
      samples: samplesBy("outcome", Object.entries(counted.runs)),
    },
    {
      name: "personal_coder_cost_usd_total",
      type: "counter",
      help: "US dollars that finished runs cost, by the agent's account.",
      samples: [{ value: counted.cost_usd }],
    },
    {
      name: "personal_coder_tokens_total",
      type: "counter",
      help: "Tokens used, by kind.",
      samples: samplesBy("kind", [
        ["input", counted.tokens.input_tokens],
        ["output", counted.tokens.output_tokens],
        ["cache_read", counted.tokens.cache_read_tokens],
        ["cache_write", counted.tokens.cache_write_tokens],
      ]),
    },
    {
      name: "personal_coder_events_total",
      type: "counter",
      help: "Events written, by type.",
      samples: samplesBy("type", counted.events),
    },
    {
      name: "personal_coder_store_commits_total",
      type: "counter",
      help: "Commits that wrote them.",
      samples: [{ value: counted.commits }],
    },
  ];
}

/** What is not known has no sample. */
function storedFamilies({ logs_bytes, store_bytes, retention }: Measures["stored"]): Family[] {
  const gauge = (name: string, help: string, value: number | null): Family => {
    return { name, type: "gauge", help, samples: value === null ? [] : [{ value }] };
  };
  return [
    gauge("personal_coder_logs_bytes", "Bytes of the raw logs here.", logs_bytes),
    gauge("personal_coder_store_bytes", "Bytes of the database, where it is a file.", store_bytes),
    gauge(
      "personal_coder_retention_frees_bytes",
      "Bytes of raw logs that nothing was written to for CODER_RETENTION_DAYS, or for 30 days.",
      retention.frees_bytes,
    ),
  ];
}

function processFamilies({ openStreams, version }: { openStreams: number; version: string }): Family[] {
  const { user, system } = cpuUsage();
  return [
    {
      name: "personal_coder_open_streams",
      type: "gauge",
      help: "Clients that follow live.",
      samples: [{ value: openStreams }],
    },
    {
      name: "personal_coder_build_info",
      type: "gauge",
      help: "Always 1; the versions are in its labels.",
      samples: [{ labels: { version, deno: Deno.version.deno }, value: 1 }],
    },
    {
      name: "process_start_time_seconds",
      type: "gauge",
      help: "When the process began, in seconds since 1970.",
      samples: [{ value: performance.timeOrigin / 1_000 }],
    },
    {
      name: "process_cpu_seconds_total",
      type: "counter",
      help: "Processor time used, agents not included.",
      samples: [{ value: (user + system) / 1_000_000 }],
    },
    {
      name: "process_resident_memory_bytes",
      type: "gauge",
      help: "Resident memory, agents not included.",
      samples: [{ value: Deno.memoryUsage().rss }],
    },
  ];
}
