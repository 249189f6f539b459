#!/usr/bin/env node
// npm links a command only if its file is there at the install, which the compiled one is not yet.
import '../dist/cli.js';
