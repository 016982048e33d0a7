import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** Playwright's reads of what a page shows at this moment. */
const READS = [
  ...["allInnerTexts", "allTextContents", "count", "getAttribute", "innerHTML", "innerText", "inputValue"],
  ...["isChecked", "isDisabled", "isEditable", "isEnabled", "isHidden", "isVisible", "textContent", "title"],
];
const AWAIT_STATE =
  "A page reaches its state later. Await the state: with a helper of pageActions.ts, expect.poll or waitFor.";

export default defineConfig(
  { ignores: ["**/dist", "**/node_modules", "coverage", "reference", "client/src/protocol.generated.ts"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  {
    rules: {
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      eqeqeq: "error",
      "no-undef": "off", // tsc knows better, in JavaScript files too
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ["pages/browserTests/**/*.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        { selector: "CallExpression[callee.name='expect'] > AwaitExpression", message: AWAIT_STATE },
        {
          selector: `AwaitExpression > CallExpression[callee.property.name=/^(${READS.join("|")})$/]`,
          message: AWAIT_STATE,
        },
      ],
    },
  },
);
