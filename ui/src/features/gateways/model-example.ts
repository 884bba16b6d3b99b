/** What gives a gateway a model. Stands in docs/configuration.md too; a test holds the two together. */
export const modelExample = `{
  "models": {
    "providers": {
      "anthropic": {
        "api": "anthropic-messages",
        "baseUrl": "https://api.anthropic.com/v1",
        "apiKey": "YOUR-KEY",
        "models": [{ "id": "claude-sonnet-4-5" }]
      }
    }
  },
  "agents": { "defaults": { "model": "anthropic/claude-sonnet-4-5" } }
}`;
