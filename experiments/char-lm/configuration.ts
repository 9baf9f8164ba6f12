export type Schedule = "cosine" | "linear" | "step_decay";

export const SCHEDULES: readonly Schedule[] = ["cosine", "linear", "step_decay"];

export type Configuration = {
  lr: number;
  lr_schedule: Schedule;
  n_layers: number;
  n_heads: number;
  d_model: number;
  d_ff: number;
  batch_size: number;
  context_length: number;
  weight_decay: number;
  /** Share of the schedule in which the learning rate rises from 0 to `lr`. */
  warmup_fraction: number;
  seed: number;
  /** Absent only where `max_steps` is given. */
  time_budget_seconds?: number;
  /** Ends the run after so many steps and makes it reproducible to the last digit. */
  max_steps?: number;
};

export type ConfigurationReading =
  | { ok: true; configuration: Configuration }
  | { ok: false; reason: string };

type Fields = Record<string, unknown>;

const WHOLE_FIELDS: readonly { name: string; most: number }[] = [
  { name: "n_layers", most: 64 },
  { name: "n_heads", most: 64 },
  { name: "d_model", most: 4096 },
  { name: "d_ff", most: 16_384 },
  { name: "batch_size", most: 4096 },
  { name: "context_length", most: 4096 },
];

/**
 * Reads a flat JSON object of hyperparameters. Keys that are not known are ignored: whoever starts
 * the script may inject its own. A refusal names the field and what it must be.
 */
export function readConfiguration(value: unknown): ConfigurationReading {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { ok: false, reason: "The configuration must be a JSON object." };
  }
  const fields: Fields = Object.fromEntries(Object.entries(value));
  const reason = refusal(fields);
  if (reason !== undefined) return { ok: false, reason };
  const configuration: Configuration = {
    lr: Number(fields["lr"]),
    lr_schedule: SCHEDULES.find((name) => name === fields["lr_schedule"]) ?? "cosine",
    n_layers: Number(fields["n_layers"]),
    n_heads: Number(fields["n_heads"]),
    d_model: Number(fields["d_model"]),
    d_ff: Number(fields["d_ff"]),
    batch_size: Number(fields["batch_size"]),
    context_length: Number(fields["context_length"]),
    weight_decay: Number(fields["weight_decay"] ?? 0.1),
    warmup_fraction: Number(fields["warmup_fraction"] ?? 0.05),
    seed: Number(fields["seed"] ?? 0),
  };
  if (isGiven(fields["time_budget_seconds"])) configuration.time_budget_seconds = Number(fields["time_budget_seconds"]);
  if (isGiven(fields["max_steps"])) configuration.max_steps = Number(fields["max_steps"]);
  return { ok: true, configuration };
}

function refusal(fields: Fields): string | undefined {
  if (!isNumberIn(fields["lr"], 0, 10, "above")) return "lr must be a finite number above 0, at most 10.";
  if (!SCHEDULES.some((name) => name === fields["lr_schedule"])) {
    return `lr_schedule must be one of ${SCHEDULES.join(", ")}.`;
  }
  for (const { name, most } of WHOLE_FIELDS) {
    if (!isWholeIn(fields[name], 1, most)) return `${name} must be a whole number from 1 to ${most}.`;
  }
  if (Number(fields["d_model"]) % Number(fields["n_heads"]) !== 0) {
    return `d_model (${fields["d_model"]}) must be divisible by n_heads (${fields["n_heads"]}).`;
  }
  if (isGiven(fields["weight_decay"]) && !isNumberIn(fields["weight_decay"], 0, 10)) {
    return "weight_decay must be a number from 0 to 10.";
  }
  if (isGiven(fields["warmup_fraction"]) && !isNumberIn(fields["warmup_fraction"], 0, 1)) {
    return "warmup_fraction must be a number from 0 to 1.";
  }
  if (isGiven(fields["seed"]) && !isWholeIn(fields["seed"], 0, Number.MAX_SAFE_INTEGER)) {
    return "seed must be a whole number of at least 0.";
  }
  if (isGiven(fields["max_steps"]) && !isWholeIn(fields["max_steps"], 1, 1e9)) {
    return "max_steps must be a whole number of at least 1.";
  }
  if (!isGiven(fields["time_budget_seconds"])) {
    return isGiven(fields["max_steps"]) ? undefined : "time_budget_seconds must be given where max_steps is not.";
  }
  if (!isNumberIn(fields["time_budget_seconds"], 0, 1e7, "above")) {
    return "time_budget_seconds must be a finite number above 0.";
  }
  return undefined;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isNumberIn(value: unknown, least: number, most: number, end: "from" | "above" = "from"): boolean {
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  return value <= most && (end === "above" ? value > least : value >= least);
}

function isWholeIn(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && isNumberIn(value, least, most);
}
