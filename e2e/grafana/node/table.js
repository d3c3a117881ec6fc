// Makes of Prometheus' answers to the queries of a table panel what Grafana shows, with Grafana's own code: the
// transformations, units, mappings and thresholds of @grafana/data. Run by Go, which pipes in
// {panel, answers: [{refId, result}]} and reads {columns, rows}.
'use strict';

// @grafana/data is made for browsers and looks at both of these.
globalThis.window ??= globalThis;
globalThis.navigator ??= { languages: ['en-US'] };

const { readFileSync } = require('node:fs');
const { lastValueFrom } = require('rxjs');
const {
  FieldConfigOptionsRegistry,
  FieldType,
  applyFieldOverrides,
  createDataFrame,
  createTheme,
  formattedValueToString,
  getFieldDisplayName,
  identityOverrideProcessor,
  standardTransformers,
  standardTransformersRegistry,
  transformDataFrame,
} = require('@grafana/data');

// A value as Prometheus writes it.
const number = (text) => Number(text.replace(/Inf$/, 'Infinity'));

// The answer to an instant query with the format Table becomes the data frame that Grafana's Prometheus data source makes
// of it: the column Time, a column of texts for each label (those of a series sorted, "" where a series lacks one), and
// the value's, which is named after the query where there are several. An answer without series has no labels either.
// That data source has another license and is not used here; its documentation of the format, the frames in
// grafana/grafana#59124 (what it makes of several queries) and #26890 and #57855 (of empty answers) show the shape.
function frame({ refId, result }, several) {
  const labels = [...new Set(result.flatMap((series) => Object.keys(series.metric).sort()))];
  return createDataFrame({
    refId,
    fields: [
      { name: 'Time', type: FieldType.time, config: {}, values: result.map((series) => series.value[0] * 1000) },
      ...labels.map((name) => ({
        name,
        type: FieldType.string,
        config: { filterable: true },
        values: result.map((series) => series.metric[name] ?? ''),
      })),
      {
        name: several ? `Value #${refId}` : 'Value',
        type: FieldType.number,
        config: {},
        values: result.map((series) => number(series.value[1])),
      },
    ],
  });
}

// The properties of a field that the dashboard's tables set. Grafana registers all that its panels know; one that is
// missing here is an error, not ignored.
const properties = new FieldConfigOptionsRegistry(() => [
  ...['unit', 'decimals', 'mappings', 'thresholds', 'links'].map((id) => [id, id, false]),
  ...['align', 'cellOptions', 'filterable', 'inspect', 'width', 'minWidth'].map((id) => [`custom.${id}`, id, true]),
].map(([id, path, isCustom]) => ({
  id,
  path,
  isCustom,
  name: id,
  editor: () => null,
  override: () => null,
  process: identityOverrideProcessor,
  shouldApply: () => true,
  settings: {},
})));

// As the dashboard's JSON, which has no infinity, is read: the first threshold is the lowest of all.
const lowest = (thresholds) => {
  thresholds.steps[0].value = -Infinity;
};

function readFieldConfig({ defaults, overrides }) {
  lowest(defaults.thresholds);
  for (const property of overrides.flatMap((override) => override.properties)) {
    if (!properties.getIfExists(property.id)) {
      throw new Error(`unknown property ${property.id}; add it to table.js`);
    }
    if (property.id === 'thresholds') {
      lowest(property.value);
    }
  }
  return { defaults, overrides };
}

async function table({ panel, answers }) {
  const transformations = new Map(Object.values(standardTransformers).map((known) => [known.id, known])); // some have two names
  standardTransformersRegistry.setInit(() =>
    [...transformations.values()].map((transformation) => ({ ...transformation, transformation }))
  );
  const frames = answers.map((answer) => frame(answer, answers.length > 1));
  const transformed = await lastValueFrom(transformDataFrame(panel.transformations, frames));
  if (transformed.length !== 1) {
    throw new Error(`${transformed.length} tables, of which Grafana shows one: the transformations join nothing`);
  }
  const [{ fields, length }] = applyFieldOverrides({
    data: transformed,
    fieldConfig: readFieldConfig(panel.fieldConfig),
    fieldConfigRegistry: properties,
    replaceVariables: (text) => text,
    theme: createTheme({ colors: { mode: 'dark' } }),
    timeZone: 'utc',
  });
  return {
    columns: fields.map((field) => ({
      name: getFieldDisplayName(field),
      numeric: field.type === FieldType.number,
      width: field.config.custom.width,
      minWidth: field.config.custom.minWidth,
      cell: field.config.custom.cellOptions.type,
    })),
    rows: Array.from({ length }, (_, row) =>
      fields.map((field) => {
        const value = field.values[row] ?? null;
        const display = field.display(value);
        return { value, text: formattedValueToString(display), color: display.color };
      })
    ),
  };
}

table(JSON.parse(readFileSync(0))).then(
  (shown) => process.stdout.write(JSON.stringify(shown)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  }
);
