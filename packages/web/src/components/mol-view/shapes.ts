/** Lines that are no molecule: the search box, and dashes between polar pairs. */
import { Lines } from 'molstar/lib/mol-geo/geometry/lines/lines.js';
import { LinesBuilder } from 'molstar/lib/mol-geo/geometry/lines/lines-builder.js';
import { Shape } from 'molstar/lib/mol-model/shape/shape.js';
import { PluginStateObject, PluginStateTransform } from 'molstar/lib/mol-plugin-state/objects.js';
import { Task } from 'molstar/lib/mol-task/index.js';
import { Color } from 'molstar/lib/mol-util/color/index.js';
import { ParamDefinition } from 'molstar/lib/mol-util/param-definition.js';

export type Point = readonly [number, number, number];
export type Segment = readonly [Point, Point];

interface SegmentsData {
  readonly segments: readonly Segment[];
  readonly color: number;
  readonly size: number;
}

/** A set of straight lines under the root of the scene. */
export const SegmentsProvider = PluginStateTransform.BuiltIn({
  name: 'omtx-segments',
  display: { name: 'Segments' },
  from: PluginStateObject.Root,
  to: PluginStateObject.Shape.Provider,
  params: {
    label: ParamDefinition.Text(''),
    data: ParamDefinition.Value<SegmentsData>({ segments: [], color: 0, size: 1 }),
  },
})({
  apply({ params }) {
    return Task.create('Segments', async () => {
      await Promise.resolve();
      return new PluginStateObject.Shape.Provider(
        {
          label: params.label,
          data: params.data,
          params: Lines.Params,
          getShape: (_context, { segments, color, size }: SegmentsData) =>
            Shape.create(
              params.label,
              {},
              linesOf(segments),
              () => Color(color),
              () => size,
              () => params.label,
            ),
          geometryUtils: Lines.Utils,
        },
        { label: params.label },
      );
    });
  },
});

function linesOf(segments: readonly Segment[]): Lines {
  const builder = LinesBuilder.create(segments.length, 16);
  segments.forEach(([from, to], group) => builder.add(from[0], from[1], from[2], to[0], to[1], to[2], group));
  return builder.getLines();
}

/** The twelve edges of a box along the axes. */
export function boxEdges(center: Point, size: Point): readonly Segment[] {
  const corner = (x: number, y: number, z: number): Point => [
    center[0] + (x * size[0]) / 2,
    center[1] + (y * size[1]) / 2,
    center[2] + (z * size[2]) / 2,
  ];
  const signs = [-1, 1] as const;
  return signs.flatMap((a) =>
    signs.flatMap((b): Segment[] => [
      [corner(-1, a, b), corner(1, a, b)],
      [corner(a, -1, b), corner(a, 1, b)],
      [corner(a, b, -1), corner(a, b, 1)],
    ]),
  );
}

/** A dashed line as short pieces, 0.25 Å each. */
export function dashes(from: Point, to: Point): readonly Segment[] {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2]);
  const count = Math.max(1, Math.round(length / 0.5));
  const at = (share: number): Point => [
    from[0] + share * (to[0] - from[0]),
    from[1] + share * (to[1] - from[1]),
    from[2] + share * (to[2] - from[2]),
  ];
  return Array.from({ length: count }, (_, place): Segment => [at((place + 0.25) / count), at((place + 0.75) / count)]);
}
