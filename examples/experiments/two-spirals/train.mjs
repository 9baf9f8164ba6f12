// An experiment of one file, for any Node from 20 on and nothing else. It keeps the whole contract: reads a flat JSON
// file, writes JSON lines, stops by itself at 90 % of its budget, and ends with its result.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const POINTS = 1000;
const NOISE = 0.35;
const TURNS = 1.75;
const EVALUATIONS = 10;
const DATA_SEED = 1;

/** Uniform numbers in [0, 1), the same on every machine: xorshift32 (Marsaglia 2003, J. Stat. Softw. 8:14). */
function randomSource(seed) {
  let state = (Math.imul(seed, 2_654_435_761) ^ 0x5eed) >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
  for (let draw = 0; draw < 16; draw += 1) next();
  return next;
}

/** Normally distributed numbers (Box & Muller 1958, Ann. Math. Statist. 29:610). */
const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Points on two arms that wind around each other, with noise, so that no network can be right every time. */
function spirals(random) {
  return Array.from({ length: POINTS }, (_, index) => {
    const label = index % 2;
    const turn = Math.sqrt(random()) * TURNS * 2 * Math.PI;
    const angle = turn + label * Math.PI;
    return { inputs: [(turn * Math.cos(angle) + NOISE * normal(random)) / 6, (turn * Math.sin(angle) + NOISE * normal(random)) / 6], label };
  });
}

/** Layers of tanh units and one output; weights start as Glorot & Bengio (2010, AISTATS) advise. */
function network({ n_layers: depth, width }, random) {
  const sizes = [2, ...Array.from({ length: depth }, () => width), 1];
  return sizes.slice(1).map((outputs, index) => {
    const inputs = sizes[index];
    const scale = Math.sqrt(6 / (inputs + outputs));
    const parameters = new Float64Array(outputs * (inputs + 1));
    for (let output = 0; output < outputs; output += 1)
      for (let input = 0; input < inputs; input += 1) parameters[output * (inputs + 1) + input] = scale * (2 * random() - 1);
    const like = () => new Float64Array(parameters.length);
    return { inputs, outputs, parameters, gradient: like(), first: like(), second: like() };
  });
}

/** The activations of every layer; the last one is the log odds of label 1. */
function forward(layers, inputs) {
  const activations = [inputs];
  for (const [index, { inputs: size, outputs, parameters }] of layers.entries()) {
    const before = activations[index];
    activations.push(Array.from({ length: outputs }, (_, output) => {
      const row = output * (size + 1);
      let sum = parameters[row + size];
      for (let input = 0; input < size; input += 1) sum += parameters[row + input] * before[input];
      return index === layers.length - 1 ? sum : Math.tanh(sum);
    }));
  }
  return activations;
}

/** Adds a point's gradient to the layers'. */
function backward(layers, activations, label) {
  let errors = [1 / (1 + Math.exp(-activations.at(-1)[0])) - label];
  for (let index = layers.length - 1; index >= 0; index -= 1) {
    const { inputs: size, parameters, gradient } = layers[index];
    const before = activations[index];
    const below = Array.from({ length: size }, () => 0);
    for (const [output, error] of errors.entries()) {
      const row = output * (size + 1);
      gradient[row + size] += error;
      for (let input = 0; input < size; input += 1) {
        gradient[row + input] += error * before[input];
        below[input] += error * parameters[row + input];
      }
    }
    errors = below.map((error, input) => error * (1 - before[input] ** 2));
  }
}

/** One step of SGD with momentum, or of Adam (Kingma & Ba 2015, ICLR); clears the gradients. */
function update(layers, { optimizer, lr, momentum = 0, batch_size: rows }, step) {
  for (const { parameters, gradient, first, second } of layers)
    for (let at = 0; at < parameters.length; at += 1) {
      const slope = gradient[at] / rows;
      gradient[at] = 0;
      first[at] = optimizer === 'adam' ? 0.9 * first[at] + 0.1 * slope : momentum * first[at] + slope;
      second[at] = 0.999 * second[at] + 0.001 * slope ** 2;
      const adam = first[at] / (1 - 0.9 ** step) / (Math.sqrt(second[at] / (1 - 0.999 ** step)) + 1e-8);
      parameters[at] -= lr * (optimizer === 'adam' ? adam : first[at]);
    }
}

/** Mean log loss in bits, without an overflow for very sure networks, and the share of points that were told right. */
function evaluate(layers, points) {
  let [bits, right] = [0, 0];
  for (const { inputs, label } of points) {
    const odds = forward(layers, inputs).at(-1)[0] * (label === 1 ? 1 : -1);
    bits += (Math.max(0, -odds) + Math.log1p(Math.exp(-Math.abs(odds)))) / Math.LN2;
    right += odds > 0 ? 1 : 0;
  }
  return { log_loss: bits / points.length, accuracy: right / points.length };
}

function main(config) {
  const data = randomSource(DATA_SEED);
  const [training, validation] = [spirals(data), spirals(data)];
  const random = randomSource(config.seed);
  const layers = network(config, random);
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const most = config.max_steps ?? Infinity;
  const share = (step) => Math.max(seconds() / (0.9 * config.time_budget_seconds), step / most);
  let [step, evaluations] = [0, 0];
  while (share(step) < 1) {
    step += 1;
    for (let row = 0; row < config.batch_size; row += 1) {
      const { inputs, label } = training[Math.floor(random() * POINTS)];
      backward(layers, forward(layers, inputs), label);
    }
    update(layers, config, step);
    if (share(step) * EVALUATIONS < evaluations + 1) continue;
    evaluations = Math.floor(share(step) * EVALUATIONS);
    const [train, held] = [evaluate(layers, training), evaluate(layers, validation)];
    process.stdout.write(`${JSON.stringify({ step, train_log_loss: train.log_loss, val_log_loss: held.log_loss })}\n`);
  }
  const held = evaluate(layers, validation);
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters.length, 0);
  process.stdout.write(`${JSON.stringify({ val_log_loss: held.log_loss, val_accuracy: held.accuracy, steps_completed: step, wall_time_seconds: seconds(), device_used: 'cpu', model_params: parameters })}\n`);
}

const { values } = parseArgs({ options: { 'config-file': { type: 'string' } } });
if (values['config-file'] === undefined) throw new Error('Usage: node train.mjs --config-file FILE');
main(JSON.parse(readFileSync(values['config-file'], 'utf8')));
