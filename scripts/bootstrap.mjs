// Runs before every npm script, on whatever Node the machine has, so this file alone stays in the language of old
// releases: it must be able to say that they are too old. The work is in installation.mjs.
const oldestMajor = 20;
const major = Number(process.versions.node.split('.')[0]);

if (major < oldestMajor) {
  process.stderr.write(
    'XeeNet needs Node ' + oldestMajor + ' or newer to install itself, and ' + process.execPath + ' is Node ' +
    process.versions.node + '. Get a current one from https://nodejs.org and run the command again.\n');
  process.exit(1);
} else {
  import('./installation.mjs').then(function (installation) {
    return installation.bootstrap({ forTests: process.argv.indexOf('--test') !== -1 });
  }).then(function (code) {
    process.exitCode = code;
  });
}
