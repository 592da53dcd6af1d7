/* Configuration files: YAML read with libyaml on rank 0 (docs/decisions/0002), its keys flattened, sent to all and inserted. */
#include "base/file_private.h"
#include "base/options_private.h"
#include <ctype.h>
#include <string.h>
#include <yaml.h>

#define AET_YAML_DEPTH 16
#define AET_YAML_KEYS 10000

/* One flattened key of a file. */
typedef struct {
  char  key[AET_KEY_SIZE];
  char *value;
  int   line;
} Pair;

typedef struct {
  const char      *path;
  yaml_document_t *document;
  Pair            *pairs;
  int              count, capacity;
} Reader;

static int Line(const yaml_node_t *node)
{
  return (int)node->start_mark.line + 1;
}

/* A path seen from the file that names it, seen from the working folder. */
static void FromFolderOf(const char *config, const char *value, const char *choices, char *text, size_t size)
{
  const char *slash = strrchr(config, '/');

  if (!slash || !value[0] || value[0] == '/' || !strcmp(value, "auto") || !strcmp(value, "none") || AetChoiceIndex(choices, value) >= 0)
    snprintf(text, size, "%s", value);
  else
    snprintf(text, size, "%.*s/%s", (int)(slash - config), config, value);
}

/* Takes the line's value (a word, or one of a list) to what the options database shall hold. */
static PetscErrorCode Append(Reader *reader, const char *key, const char *word, int first, char **value)
{
  const AetOption *option = AetOptionFind(key);
  size_t           have = *value ? strlen(*value) : 0, size = have + strlen(word) + strlen(reader->path) + 4;
  char            *grown = (char *)realloc(*value, size);

  PetscFunctionBegin;
  AetCheck(grown, AET_ERR_MEMORY, "%s: no memory for %s", reader->path, key);
  *value = grown;
  if (!first) grown[have++] = ',';
  if (option && option->type == AET_OPTION_FILE)
    FromFolderOf(reader->path, word, option->choices, grown + have, size - have);
  else
    snprintf(grown + have, size - have, "%s", word);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddPair(Reader *reader, const char *key, int line, Pair **pair)
{
  PetscFunctionBegin;
  for (int i = 0; i < reader->count; i++)
    AetCheck(strcmp(reader->pairs[i].key, key), AET_ERR_INPUT, "%s:%d: %s: given twice, first on line %d", reader->path, line, key,
             reader->pairs[i].line);
  AetCheck(reader->count < AET_YAML_KEYS, AET_ERR_INPUT, "%s:%d: expected at most %d keys", reader->path, line, AET_YAML_KEYS);
  if (reader->count == reader->capacity) {
    int   capacity = 2 * reader->capacity + 64;
    Pair *grown = (Pair *)realloc(reader->pairs, (size_t)capacity * sizeof(Pair));
    AetCheck(grown, AET_ERR_MEMORY, "%s: no memory for %d keys", reader->path, capacity);
    reader->pairs = grown;
    reader->capacity = capacity;
  }
  *pair = &reader->pairs[reader->count++];
  **pair = (Pair){.line = line};
  snprintf((*pair)->key, AET_KEY_SIZE, "%s", key);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool Empty(const yaml_node_t *node)
{
  const char *text = (const char *)node->data.scalar.value;

  return (PetscBool)(node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && (!text[0] || !strcmp(text, "~") || !strcmp(text, "null")));
}

/* A section whose keys are all commented out is no error: configs/reference.yaml has such. */
static PetscBool IsSection(const char *key)
{
  const AetOptionTable *const *tables;
  const int                    count = AetOptionTables(&tables);
  const size_t                 length = strlen(key);

  if (!strncmp(key, "series", 6)) return PETSC_TRUE;
  for (int t = 0; t < count; t++)
    for (int i = 0; i < tables[t]->count; i++)
      if (!strncmp(tables[t]->options[i].key, key, length) && tables[t]->options[i].key[length] == '_') return PETSC_TRUE;
  return PETSC_FALSE;
}

/* `recon: auto`: a word in place of a section is the switch of that name in it, turned on. */
static PetscBool IsSwitch(const char *section, const char *word, char key[AET_KEY_SIZE])
{
  const AetOption *option;

  if (AetOptionFind(section) || !word[0] || snprintf(key, AET_KEY_SIZE, "%s_%s", section, word) >= AET_KEY_SIZE) return PETSC_FALSE;
  option = AetOptionFind(key);
  return option && option->type == AET_OPTION_BOOL ? PETSC_TRUE : PETSC_FALSE;
}

static PetscErrorCode ReadScalar(Reader *reader, const char *key, const yaml_node_t *node, int line)
{
  const char *text = (const char *)node->data.scalar.value;
  char        name[AET_KEY_SIZE];
  Pair       *pair;

  PetscFunctionBegin;
  if (Empty(node) && !AetOptionFind(key) && IsSection(key)) PetscFunctionReturn(PETSC_SUCCESS);
  AetCheck(!Empty(node), AET_ERR_INPUT, "%s:%d: %s: expected a value, found none", reader->path, line, key);
  AetCheck(strlen(text) == node->data.scalar.length, AET_ERR_INPUT, "%s:%d: %s: a zero byte in the value", reader->path, line, key);
  if (IsSwitch(key, text, name)) key = name, text = "true";
  PetscCall(AddPair(reader, key, line, &pair));
  PetscCall(Append(reader, key, text, 1, &pair->value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadList(Reader *reader, const char *key, const yaml_node_t *node, int line)
{
  Pair *pair;
  int   first = 1;

  PetscFunctionBegin;
  PetscCall(AddPair(reader, key, line, &pair));
  for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++, first = 0) {
    const yaml_node_t *word = yaml_document_get_node(reader->document, *item);
    AetCheck(word->type != YAML_MAPPING_NODE, AET_ERR_INPUT,
             "%s:%d: %s: expected words or numbers in a list, found maps (number them: time_1, time_2, …)", reader->path, Line(word), key);
    AetCheck(word->type == YAML_SCALAR_NODE, AET_ERR_INPUT, "%s:%d: %s: expected words or numbers in a list, found another list",
             reader->path, Line(word), key);
    AetCheck(!strpbrk((const char *)word->data.scalar.value, ",[]"), AET_ERR_INPUT,
             "%s:%d: %s: expected list items without commas and brackets, found \"%s\"", reader->path, Line(word), key,
             (const char *)word->data.scalar.value);
    PetscCall(Append(reader, key, (const char *)word->data.scalar.value, first, &pair->value));
  }
  AetCheck(!first, AET_ERR_INPUT, "%s:%d: %s: expected a value, found an empty list", reader->path, line, key);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* prefix_word, if the word can be part of a key. */
static PetscErrorCode JoinKey(Reader *reader, const char *prefix, const yaml_node_t *node, char key[AET_KEY_SIZE])
{
  const char *word = (const char *)node->data.scalar.value;
  PetscBool   good;

  PetscFunctionBegin;
  AetCheck(node->type == YAML_SCALAR_NODE, AET_ERR_INPUT, "%s:%d: expected a word as key, found a list or a map", reader->path, Line(node));
  good = (PetscBool)(prefix[0] ? word[0] != 0 : isalpha((unsigned char)word[0]) != 0);
  for (const char *c = word; *c; c++)
    if (!isalnum((unsigned char)*c) && *c != '_') good = PETSC_FALSE;
  AetCheck(good, AET_ERR_INPUT, "%s:%d: expected a key of letters, digits and _, found \"%s\"", reader->path, Line(node), word);
  AetCheck(snprintf(key, AET_KEY_SIZE, "%s%s%s", prefix, prefix[0] ? "_" : "", word) < AET_KEY_SIZE, AET_ERR_INPUT,
           "%s:%d: expected a key of at most %d characters", reader->path, Line(node), AET_KEY_SIZE - 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadMap(Reader *reader, const char *prefix, const yaml_node_t *map, int depth)
{
  PetscFunctionBegin;
  AetCheck(depth < AET_YAML_DEPTH, AET_ERR_INPUT, "%s:%d: %s: nested deeper than %d", reader->path, Line(map), prefix, AET_YAML_DEPTH);
  for (yaml_node_pair_t *entry = map->data.mapping.pairs.start; entry < map->data.mapping.pairs.top; entry++) {
    const yaml_node_t *name = yaml_document_get_node(reader->document, entry->key);
    const yaml_node_t *node = yaml_document_get_node(reader->document, entry->value);
    char               key[AET_KEY_SIZE];

    PetscCall(JoinKey(reader, prefix, name, key));
    if (node->type == YAML_MAPPING_NODE)
      PetscCall(ReadMap(reader, key, node, depth + 1));
    else if (node->type == YAML_SEQUENCE_NODE)
      PetscCall(ReadList(reader, key, node, Line(name)));
    else
      PetscCall(ReadScalar(reader, key, node, Line(name)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* libyaml gives the place of a bad byte only as an offset. */
static PetscErrorCode RaiseSyntax(const char *path, const char *text, const yaml_parser_t *parser)
{
  int line = (int)parser->problem_mark.line + 1;

  if (parser->error == YAML_READER_ERROR) {
    line = 1;
    for (size_t i = 0; i < parser->problem_offset && text[i]; i++) line += text[i] == '\n';
  }
  return AetRaise(AET_ERR_INPUT, "%s:%d: not YAML: %s%s%s", path, line, parser->problem ? parser->problem : "unreadable",
                  parser->context ? " " : "", parser->context ? parser->context : "");
}

static PetscErrorCode ReadDocument(Reader *reader, const char *text, yaml_parser_t *parser)
{
  yaml_document_t document, next;
  yaml_node_t    *root;
  PetscErrorCode  code = PETSC_SUCCESS;
  int             line = 0, again;

  PetscFunctionBegin;
  if (!yaml_parser_load(parser, &document)) PetscFunctionReturn(RaiseSyntax(reader->path, text, parser));
  reader->document = &document;
  root = yaml_document_get_root_node(&document);
  if (root && root->type == YAML_MAPPING_NODE)
    code = ReadMap(reader, "", root, 0);
  else if (root && !(root->type == YAML_SCALAR_NODE && Empty(root)))
    code = AetRaise(AET_ERR_INPUT, "%s:%d: expected `key: value` lines, found %s", reader->path, Line(root),
                    root->type == YAML_SCALAR_NODE ? "a text" : "a list");
  yaml_document_delete(&document);
  if (code || !root) PetscFunctionReturn(code);
  if (!yaml_parser_load(parser, &next)) PetscFunctionReturn(RaiseSyntax(reader->path, text, parser));
  again = yaml_document_get_root_node(&next) != NULL;
  line = (int)next.start_mark.line + 1;
  yaml_document_delete(&next);
  AetCheck(!again, AET_ERR_INPUT, "%s:%d: expected one document, found another", reader->path, line);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadText(Reader *reader, const char *text, size_t length)
{
  yaml_parser_t  parser;
  PetscErrorCode code;

  PetscFunctionBegin;
  AetCheck(yaml_parser_initialize(&parser), AET_ERR_MEMORY, "%s: no memory to read it", reader->path);
  yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
  code = ReadDocument(reader, text, &parser);
  yaml_parser_delete(&parser);
  PetscFunctionReturn(code);
}

/* A key that the command line has set stays; one that an earlier file has set gives way. */
static PetscErrorCode Insert(const char *path, const Pair *pair)
{
  char      name[AET_KEY_SIZE + 1];
  PetscBool set;

  PetscFunctionBegin;
  snprintf(name, sizeof name, "-%s", pair->key);
  PetscCall(PetscOptionsHasName(NULL, NULL, name, &set));
  if (set && AetOriginFind(pair->key) < 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscOptionsSetValue(NULL, name, pair->value));
  PetscCall(AetOriginSet(pair->key, path, pair->line));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionsInsertYaml(MPI_Comm comm, const char *path)
{
  Reader         reader = {.path = path};
  char          *text;
  size_t         length;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetTextRead(comm, path, &text, &length));
  code = ReadText(&reader, text, length); /* every rank reads the same bytes that rank 0 took from the disk */
  for (int i = 0; i < reader.count && !code; i++) code = Insert(path, &reader.pairs[i]);
  for (int i = 0; i < reader.count; i++) free(reader.pairs[i].value);
  free(reader.pairs);
  free(text);
  PetscCall(AetAgree(comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}
