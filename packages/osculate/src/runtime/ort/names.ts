/** Names of values, unique within a model and its subgraphs, so that a subgraph never hides a value that it captures. */
export class Names {
  private readonly taken = new Set<string>();
  private next = 0;

  /** A fresh name that begins with `hint`. */
  fresh(hint: string): string {
    for (;;) {
      const name = `${hint}_${this.next++}`;
      if (!this.taken.has(name)) return name;
    }
  }

  /** `wanted` itself where ONNX and JavaScript objects can carry it and nobody has it yet, else one like it. */
  claim(wanted: string): string {
    let name = wanted === '' || wanted === '__proto__' || !isWellFormed(wanted) ? 'value' : wanted;
    if (name !== wanted || this.taken.has(name)) name = this.fresh(name);
    this.taken.add(name);
    return name;
  }
}

/** Protobuf text is UTF-8, which has no lone surrogates. */
function isWellFormed(text: string): boolean {
  return !/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text);
}
