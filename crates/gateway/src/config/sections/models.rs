//! Providers of models, and what they cost.

use super::super::shape::Shape::{
    Amount, Choice, Either, Flag, Foreign, List, Map, Object, Secret, Text, Whole, Word,
};
use super::super::shape::{Field, Shape, hot, needed};
use super::super::words::ADDRESS;

pub(super) const MODELS: &[Field] = &[
    hot("mode", Choice(&["merge", "replace"]), "Not used here."),
    hot("providers", Map(&Object(PROVIDER)), "Providers by name."),
    hot("pricing", Foreign, "Not used here."),
];

/// OpenClaw's names: first those that are spoken here, then those whose providers are told of and left out.
const APIS: &[&str] = &[
    "openai-completions",
    "openai-responses",
    "anthropic-messages",
    "ollama",
    "google-generative-ai",
    "openai-chatgpt-responses",
    "openai-codex-responses",
    "azure-openai-responses",
    "google-vertex",
    "github-copilot",
    "bedrock-converse-stream",
    "pi-messages",
];

pub(super) const PROVIDER: &[Field] = &[
    hot("baseUrl", Word(&ADDRESS), "Where it is."),
    hot(
        "apiKey",
        Either(&Secret, &Foreign),
        "A key, or a reference to one such as ${NAME} or {{cred:NAME}}.",
    ),
    hot(
        "api",
        Choice(APIS),
        "How it is spoken to: openai-completions, openai-responses, anthropic-messages, ollama, google-generative-ai.",
    ),
    hot("auth", Text, "Not used here."),
    hot("authHeader", Flag, "Not used here."),
    hot("headers", Map(&Secret), "Not used here."),
    hot("models", List(&Object(MODEL)), "What it offers."),
    hot("injectNumCtxForOpenAICompat", Flag, "Not used here."),
    hot("request", Foreign, "Not used here."),
];

pub(super) const MODEL: &[Field] = &[
    needed("id", Text, "Its name at the provider."),
    hot("name", Text, "Its name for people."),
    hot("api", Choice(APIS), "Not used here: the provider's is."),
    hot("reasoning", Flag, "Whether it thinks."),
    hot("input", List(&Text), "What it reads."),
    hot(
        "cost",
        Object(&[
            hot("input", Amount, "Dollars for a million tokens."),
            hot("output", Amount, "Dollars for a million tokens."),
            hot("cacheRead", Amount, "Dollars for a million tokens."),
            hot("cacheWrite", Amount, "Dollars for a million tokens."),
            hot("tieredPricing", Foreign, "Not used here."),
        ]),
        "What it costs.",
    ),
    hot(
        "contextWindow",
        COUNT_TOKENS,
        "How much it reads at once, in tokens.",
    ),
    hot(
        "contextTokens",
        COUNT_TOKENS,
        "Not used here: an agent's contextTokens are.",
    ),
    hot(
        "maxTokens",
        COUNT_TOKENS,
        "How much it writes at once, in tokens.",
    ),
    hot("headers", Map(&Secret), "Not used here."),
    hot("compat", Foreign, "Not used here."),
    hot("params", Foreign, "Not used here."),
];

pub(super) const COUNT_TOKENS: Shape = Whole(0, 1_000_000_000);
