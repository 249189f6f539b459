/** Offsets on a stack of doubles; `grow` is asked for more memory before an offset past the end is handed out. */
export class OffsetStack {
  private top: number;

  constructor(
    private readonly start: number,
    private readonly grow: (length: number) => void,
  ) {
    this.top = start;
  }

  /** Even offsets keep every block aligned to 16 bytes. */
  allocate(length: number): number {
    const offset = this.top;
    const top = offset + length + (length & 1);
    this.grow(top);
    this.top = top;
    return offset;
  }

  /** Frees from `offset` on; true when nothing is left. */
  release(offset: number): boolean {
    this.top = Math.min(this.top, offset);
    return this.top === this.start;
  }
}
