/**
 * Options of an inner solve: its relative residual min(½, √‖g‖) makes the outer convergence superlinear (Dembo, Eisenstat and
 * Steihaug 1982; Nocedal and Wright 2006, equation 7.3).
 */
export function forcing(gradientNorm: number, maxIterations: number): { tolerance: number; maxIterations: number } {
  return { tolerance: Math.min(0.5, Math.sqrt(gradientNorm)), maxIterations };
}
