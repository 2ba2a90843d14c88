import ts from "npm:typescript@6.0.3";

/** What the direction rules ask of one file. */
export interface Source {
  /** Module specifiers in order of appearance: static, dynamic, `export from`, `import type` and `import("x").Y`. */
  readonly imports: readonly string[];
  /** Names not declared as members: variables, types, keywords of asynchrony; `Math.random` as one. */
  readonly names: readonly { readonly name: string; readonly line: number }[];
}

/** Reads a file with the TypeScript parser, so that comments and strings say nothing. */
export function readSource(path: string, text: string): Source {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const imports: string[] = [];
  const names: { name: string; line: number }[] = [];
  const name = (node: ts.Node, spelled: string) =>
    names.push({ name: spelled, line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1 });
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) imports.push(specifier);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) name(node, "import()");
    if (node.kind === ts.SyntaxKind.AsyncKeyword) name(node, "async");
    if (node.kind === ts.SyntaxKind.AwaitKeyword || ts.isAwaitExpression(node)) name(node, "await");
    if (ts.isMetaProperty(node)) name(node, "import.meta");
    if (ts.isIdentifier(node) && !isMember(node)) {
      if (node.text !== "Math") name(node, node.text);
      else if (!isSafeMath(node)) name(node, "Math.random");
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { imports, names };
}

function specifierOf(node: ts.Node): string | undefined {
  const at = ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
    ? node.moduleSpecifier
    : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
    ? node.arguments[0]
    : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
    ? node.argument.literal
    : undefined;
  if (at === undefined) return undefined;
  // A specifier that is computed cannot be judged, so it is refused as unknown.
  return ts.isStringLiteralLike(at) ? at.text : "(computed)";
}

/** Whether the identifier is only the name of a member: `x.fetch`, `{ fetch: 1 }`, `readonly fetch: T`. */
function isMember(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent)) return parent.right === node;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return parent.propertyName === node;
  if (ts.isShorthandPropertyAssignment(parent)) return false;
  const named = ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodSignature(parent) ||
    ts.isPropertyDeclaration(parent) || ts.isMethodDeclaration(parent) || ts.isAccessor(parent) ||
    ts.isEnumMember(parent) || ts.isNamedTupleMember(parent);
  return named && parent.name === node;
}

function isSafeMath(node: ts.Identifier): boolean {
  const parent = node.parent;
  return ts.isPropertyAccessExpression(parent) && parent.expression === node && parent.name.text !== "random";
}
