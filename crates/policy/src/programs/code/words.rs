//! Names in code, by what they do.

/// Runs a command that is its argument.
#[rustfmt::skip]
pub(super) const RUNS: &[&str] = &[
    "system", "popen", "popen2", "popen3", "popen4", "call", "check_call", "check_output", "Popen", "getoutput", "getstatusoutput", "execSync", "execFile", "execFileSync", "spawn", "spawnSync", "execv", "execve", "execvp", "execvpe", "execl",
    "execle", "execlp", "execlpe", "spawnl", "spawnlp", "spawnv", "spawnvp", "posix_spawn", "posix_spawnp", "startfile", "shell_exec", "passthru", "proc_open", "pcntl_exec", "execute", "capture2", "capture2e", "capture3", "pipeline", "create_subprocess_shell",
    "create_subprocess_exec", "shelljs", "execa", "execaCommand", "open3", "readpipe", "shell", "sh", "Cmd", "syscall", "run_command",
];

/// Runs a command, or code, depending on the language.
pub(super) const EXEC: &[&str] = &["exec", "run", "fork", "command"];

/// Runs code, or reaches what is not named.
#[rustfmt::skip]
pub(super) const EVALS: &[&str] = &[
    "eval", "execfile", "compile", "__import__", "importlib", "import_module", "getattr", "setattr", "globals", "locals", "vars", "__builtins__", "builtins", "__class__", "__bases__", "__subclasses__", "__globals__", "__dict__", "__getattribute__", "__loader__", "Function",
    "constructor", "__proto__", "vm", "runInThisContext", "runInNewContext", "binding", "dlopen", "ctypes", "cffi", "CDLL", "pickle", "marshal", "shelve", "codeop", "code", "runpy", "instance_eval", "class_eval", "module_eval", "send", "public_send", "__send__", "method",
    "const_get", "create_function", "assert", "call_user_func", "call_user_func_array", "include", "include_once", "require_once", "load", "loadstring", "loadfile", "dofile", "DynaLoader", "do", "modules", "sitecustomize", "WebAssembly", "Worker", "worker_threads", "setTimeout", "setInterval", "Reflect", "Proxy", "globalThis", "process", "pty", "antigravity", "debug", "evalc",
];

/// Turns what nobody could read into what is run.
#[rustfmt::skip]
pub(super) const DECODES: &[&str] = &[
    "b64decode", "decodebytes", "urlsafe_b64decode", "b32decode", "b16decode", "a85decode", "unhexlify", "fromhex", "a2b_base64", "atob", "base64_decode", "decode64", "decode_base64", "unpack", "pack", "str_rot13", "gzinflate", "gzuncompress", "decompress", "inflateSync", "gunzipSync", "rot13", "hex2bin", "convert_uudecode", "fromCharCode", "strict_decode64",
];

pub(super) const DELETES: &[&str] = &[
    "unlink",
    "remove",
    "rmdir",
    "unlinkSync",
    "rmdirSync",
    "delete_file",
    "safe_unlink",
    "removedirs",
];
pub(super) const DELETES_ALL: &[&str] = &[
    "rmtree",
    "deleteDir",
    "deleteRecursively",
    "removeItem",
    "RemoveAll",
    "deleteTree",
    "removeDirectoryRecursive",
    "removePathForcibly",
    "rmSync",
    "rm_rf",
    "rm_r",
    "rm",
    "remove_entry_secure",
    "remove_dir",
    "remove_tree",
    "rimraf",
    "removeSync",
    "emptyDirSync",
    "remove_entry",
    "rm_f",
];
#[rustfmt::skip]
pub(super) const WRITES: &[&str] = &[
    "write_text", "write_bytes", "writeFile", "writeFileSync", "appendFile", "appendFileSync", "createWriteStream", "file_put_contents", "copyfile", "copy2", "copytree", "move", "rename", "renameSync", "symlink", "symlinkSync", "link", "linkSync", "chmod", "chmodSync", "chown", "makedirs", "mkdirSync", "mkdir", "mkdir_p", "touch",
    "truncate", "truncateSync", "copyFileSync", "copyFile", "cp", "cp_r", "cpSync", "mv", "replace_file", "utime", "binwrite", "fputs", "fwrite", "ln_s", "outputFileSync", "writeJsonSync", "lchown", "mknod", "mkfifo", "move_uploaded_file", "tempnam", "to_csv", "to_parquet", "to_excel", "to_feather", "savetxt",
];
#[rustfmt::skip]
pub(super) const READS: &[&str] = &[
    "read_text", "read_bytes", "readFile", "readFileSync", "createReadStream", "file_get_contents", "readfile", "file", "readlink", "readdir", "readdirSync", "listdir", "scandir", "glob", "iglob", "walk", "opendir", "slurp", "readlines", "foreach", "binread", "fopen", "entries", "children", "rglob", "iterdir",
    "load_file", "safe_load_file", "read_csv", "read_json", "read_parquet", "read_excel", "read_table", "read_feather", "loadtxt", "genfromtxt",
];

/// Reads a table, from a file or from an address.
#[rustfmt::skip]
pub(super) const TABLES: &[&str] = &["read_csv", "read_json", "read_parquet", "read_excel", "read_table", "read_feather", "read_html", "read_xml"];
/// Opens a file, for reading or for writing as another argument says.
pub(super) const OPENS: &[&str] = &[
    "open",
    "openSync",
    "Path",
    "FileHandle",
    "fopen",
    "sysopen",
    "fdopen",
    "FileInput",
    "fileinput",
];

#[rustfmt::skip]
pub(super) const NETWORK: &[&str] = &[
    "socket", "urllib", "urllib2", "urllib3", "urlopen", "urlretrieve", "requests", "httpx", "aiohttp", "http", "https", "httplib", "ftplib", "smtplib", "telnetlib", "paramiko", "fetch", "axios", "net", "dgram", "tls", "dns", "got", "undici", "XMLHttpRequest", "WebSocket", "LWP", "LWP::UserAgent", "LWP::Simple", "HTTP::Tiny", "IO::Socket", "IO::Socket::INET", "Socket", "Net",
    "Net::HTTP", "TCPSocket", "UDPSocket", "TCPServer", "OpenURI", "fsockopen", "curl_exec", "curl_init", "stream_socket_client", "create_connection", "connect", "getaddrinfo", "gethostbyname", "websocket", "websockets", "boto3", "asyncio", "xmlrpc", "imaplib", "poplib", "Faraday", "HTTParty", "RestClient", "uri_open", "mail", "dup2", "socketserver", "createServer", "listen",
];

pub(super) const ENVIRONMENT: &[&str] = &[
    "environ", "getenv", "environb", "env", "ENV", "%ENV", "$ENV", "$_ENV", "$_SERVER", "putenv",
    "dotenv", "keyring", "getpass",
];
pub(super) const SIGNALS: &[&str] = &["kill", "killpg", "posix_kill", "abort", "terminate"];

/// Modules that reach nothing outside of the program.
#[rustfmt::skip]
const MODULES: &[&str] = &[
    "json", "sys", "math", "re", "datetime", "collections", "itertools", "functools", "string", "random", "statistics", "textwrap", "decimal", "fractions", "pprint", "time", "hashlib", "uuid", "csv", "operator", "typing", "calendar", "bisect", "heapq", "copy", "enum", "dataclasses", "unicodedata", "difflib", "cmath", "numbers", "zlib", "binascii", "base64", "html", "hmac", "secrets", "struct", "locale", "platform",
    "yaml", "toml", "tomllib", "tomli", "ast", "tokenize", "keyword", "abc", "types", "contextlib", "warnings", "traceback", "numpy", "np", "pandas", "pd", "io", "StringIO", "assert", "util", "path", "url", "querystring", "crypto", "os.path", "set", "bigdecimal", "digest", "pp", "date", "strict", "utf8", "List::Util", "Data::Dumper", "POSIX", "JSON::PP", "feature", "Time::HiRes", "events", "buffer", "string_decoder", "perf_hooks", "node", "semver", "sqlite3",
];

/// Calls that reach nothing outside of the program.
#[rustfmt::skip]
const CALLS: &[&str] = &[
    // of several languages
    "print", "println", "printf", "puts", "p", "pp", "say", "echo", "len", "range", "str", "int", "float", "bool", "list", "dict", "set", "tuple", "frozenset", "sum", "min", "max", "sorted", "enumerate", "zip", "map", "filter", "abs", "round", "chr", "ord", "hex", "bin", "oct", "any", "all", "reversed", "isinstance", "issubclass", "type", "repr", "format", "divmod", "pow", "iter", "next", "slice", "bytes", "bytearray", "complex", "hash", "id", "callable", "ascii", "exit", "quit", "SystemExit", "Exception", "ValueError", "KeyError", "TypeError", "RuntimeError", "AssertionError", "super", "property",
    "dumps", "loads", "dump", "join", "split", "rsplit", "splitlines", "strip", "lstrip", "rstrip", "replace", "upper", "lower", "title", "capitalize", "swapcase", "startswith", "endswith", "find", "rfind", "count", "append", "extend", "insert", "pop", "items", "keys", "values", "get", "update", "sort", "index", "encode", "decode", "read", "readline", "readlines", "write", "writelines", "flush", "close", "eof", "binmode", "zfill", "ljust", "rjust", "center", "isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower", "isnumeric", "setdefault", "add", "discard", "union", "intersection", "difference", "copy", "clear", "reverse", "partition", "rpartition", "expandtabs", "translate", "maketrans", "casefold", "removeprefix", "removesuffix", "most_common", "elements", "total",
    "sqrt", "floor", "ceil", "sin", "cos", "tan", "log", "log2", "log10", "exp", "gcd", "lcm", "factorial", "comb", "perm", "isclose", "hypot", "degrees", "radians", "trunc", "fsum", "prod", "mean", "median", "mode", "stdev", "variance", "now", "today", "utcnow", "strftime", "strptime", "isoformat", "fromisoformat", "timestamp", "fromtimestamp", "timedelta", "datetime", "date", "time", "perf_counter", "monotonic", "time_ns", "total_seconds", "weekday", "isoweekday",
    "match", "search", "findall", "finditer", "sub", "subn", "fullmatch", "escape", "group", "groups", "groupdict", "span", "start", "end", "Counter", "defaultdict", "OrderedDict", "namedtuple", "deque", "deepcopy", "chain", "product", "permutations", "combinations", "groupby", "islice", "accumulate", "starmap", "takewhile", "dropwhile", "cycle", "repeat", "reduce", "partial", "lru_cache", "wraps", "Decimal", "Fraction", "randint", "random", "choice", "choices", "shuffle", "sample", "seed", "uniform", "uuid4", "uuid1", "token_hex", "token_urlsafe",
    "md5", "sha1", "sha256", "sha512", "hexdigest", "digest", "blake2b", "b64encode", "urlsafe_b64encode", "hexlify", "quote", "unquote", "pprint", "pformat", "reader", "writer", "DictReader", "DictWriter", "writerow", "writerows", "writeheader", "dedent", "fill", "wrap", "indent", "safe_load", "safe_dump", "python_version", "platform", "machine", "getsizeof", "getcwd", "exists", "isfile", "isdir", "abspath", "splitext", "getsize", "cpu_count", "realpath", "normpath", "is_file", "is_dir", "existsSync", "statSync", "homedir", "tmpdir", "array", "arange", "zeros", "ones", "linspace", "reshape", "dot", "literal_eval", "parse", "tzset", "gmtime", "localtime", "lambda", "head", "describe", "cbrt", "namedtuple", "asdict", "field", "dataclass", "StringIO", "getvalue", "fetchone", "fetchall", "fetchmany", "cursor", "commit", "rollback",
    "value_counts", "dropna", "fillna", "isna", "notna", "sort_values", "reset_index", "set_index", "to_string", "tail", "nunique", "unique", "astype", "iterrows", "itertuples", "rename_axis", "cumsum", "groupby", "agg", "DataFrame", "Series",
    // JavaScript
    "log", "error", "warn", "info", "table", "dir", "stringify", "parseInt", "parseFloat", "Number", "String", "Boolean", "Array", "Object", "Date", "Math", "Map", "Set", "BigInt", "Symbol", "RegExp", "Error", "from", "of", "isArray", "entries", "assign", "freeze", "fromEntries", "hasOwnProperty", "push", "shift", "unshift", "splice", "concat", "includes", "indexOf", "lastIndexOf", "forEach", "some", "every", "flat", "flatMap", "findIndex", "findLast", "at", "fill", "toString", "toFixed", "toUpperCase", "toLowerCase", "trim", "trimStart", "trimEnd", "padStart", "padEnd",
    "charAt", "charCodeAt", "codePointAt", "substring", "substr", "replaceAll", "matchAll", "test", "toISOString", "getTime", "getFullYear", "getMonth", "getDate", "toLocaleString", "toLocaleDateString", "toJSON", "isInteger", "isNaN", "isFinite", "localeCompare", "normalize", "has", "resolve", "then", "catch", "inspect", "randomUUID", "createHash", "hrtime", "bigint", "valueOf", "raw", "basename", "dirname", "extname", "relative", "isAbsolute", "Promise", "URL", "URLSearchParams", "structuredClone", "hypot", "sign", "cwd", "on", "once", "memoryUsage", "uptime", "nextTick",
    // Perl, Ruby, PHP, Lua
    "length", "index", "uc", "lc", "ucfirst", "lcfirst", "sprintf", "chomp", "chop", "defined", "exists", "scalar", "grep", "each", "delete", "wantarray", "ref", "die", "push", "splice", "sum0", "first", "uniq", "Dumper", "rand", "srand", "atan2", "pos", "select", "collect", "inject", "each_with_index", "to_s", "to_i", "to_f", "to_a", "to_h", "to_json", "pretty_generate", "generate", "inspect", "upcase", "downcase", "gsub", "chars", "bytes", "lines", "each_line", "tr", "squeeze", "select", "reject", "compact", "flatten", "uniq", "sort_by", "group_by", "tally", "times", "upto", "step",
    "json_encode", "json_decode", "var_dump", "print_r", "var_export", "strlen", "strtoupper", "strtolower", "implode", "explode", "count", "array_map", "array_filter", "array_sum", "array_keys", "array_values", "str_replace", "preg_match", "preg_split", "phpversion", "number_format", "strrev", "ucwords", "in_array", "is_array", "intdiv", "pairs", "ipairs", "tostring", "tonumber", "rep", "gmatch", "byte", "char", "unpack_off", "date_default", "rjust", "zip", "cycle", "each_slice", "each_cons", "exit!", "sleep",
    "if", "elif", "else", "while", "for", "foreach", "until", "unless", "return", "and", "or", "not", "in", "is", "switch", "case", "function", "with", "yield", "await", "assert_off", "except", "catch", "elsif", "elseif", "when", "x", "lambda", "def", "my", "import", "from", "typeof", "new", "void", "end", "then", "do_off",
];

/// Words of a language that are no calls though something follows them.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "if", "elsif", "unless", "while", "until", "for", "foreach", "and", "or", "not", "return", "my", "our", "local", "print", "use", "no", "BEGIN", "END", "x", "eq", "ne", "lt", "gt", "le", "ge", "cmp", "last", "sub", "in", "do", "end", "then", "case", "when", "puts", "echo", "STDIN", "STDERR", "STDOUT", "ARGV", "else", "begin", "rescue", "each", "new", "undef", "shift", "warn", "nil", "true", "false", "qw", "keys", "values", "map", "sort", "reverse", "chomp", "exit", "is", "import", "require", "lambda", "yield", "await", "function", "const", "let", "var", "typeof", "del", "pass", "raise", "except", "with", "as", "def", "class", "catch", "switch", "split", "join"
];

/// Words before a bracket that do not call what is in it.
#[rustfmt::skip]
const CONTROL: &[&str] = &[
    "if", "elif", "elsif", "elseif", "unless", "while", "until", "for", "foreach", "and", "or", "not", "in", "is", "return", "yield", "await", "async", "del", "lambda", "switch", "case", "when", "catch", "except", "with", "function", "def", "my", "our", "local", "typeof", "void", "assert", "raise", "throw", "else", "do", "then", "fn", "sub", "class", "of",
];

pub(super) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

pub(super) fn is_control(name: &str) -> bool {
    CONTROL.contains(&name)
}

/// Names among the arguments of a command that say nothing of which command it is.
#[rustfmt::skip]
const OPTIONS: &[&str] = &[
    "shell", "True", "False", "true", "false", "check", "capture_output", "text", "recursive", "force", "ignore_errors", "encoding", "stdio", "stdout", "stderr", "PIPE", "None", "null", "mode", "exist_ok", "parents", "missing_ok", "universal_newlines", "json", "load", "read",
];

pub(super) fn tells_nothing(name: &str) -> bool {
    OPTIONS.contains(&name)
}

pub(super) fn is_module(name: &str) -> bool {
    MODULES.contains(&name)
}

pub(super) fn is_call(name: &str) -> bool {
    CALLS.contains(&name)
}

/// Whether a name runs, signals or touches something as soon as it is called.
pub(super) fn is_deed(name: &str) -> bool {
    let lists = [
        RUNS,
        EXEC,
        DELETES,
        DELETES_ALL,
        WRITES,
        OPENS,
        READS,
        SIGNALS,
    ];
    name == "copy" || lists.iter().any(|list| list.contains(&name))
}

pub(super) fn is_delete(name: &str) -> bool {
    DELETES.contains(&name) || DELETES_ALL.contains(&name)
}

/// Whether a name does anything at all beyond the program, wherever it stands.
pub(super) fn is_danger(name: &str) -> bool {
    [
        RUNS,
        EVALS,
        DELETES,
        DELETES_ALL,
        WRITES,
        NETWORK,
        ENVIRONMENT,
        SIGNALS,
    ]
    .iter()
    .any(|list| list.contains(&name))
}
