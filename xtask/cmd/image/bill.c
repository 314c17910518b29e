/*
 * SPDX 2.3 and CycloneDX 1.5 documents, and SLSA 1.0 provenance as an in-toto statement. Nothing in
 * them but what the build itself decides: equal builds give equal documents.
 */
#include "cmd/image/bill.h"
#include "image/gpt.h"
#include <stdarg.h>
#include <string.h>

json_t *bill_text(struct str s)
{
	return json_stringn(s.ptr, s.len);
}

json_t *bill_object(const char *name, ...)
{
	va_list arguments;
	json_t *object = json_object();
	va_start(arguments, name);
	for (; name; name = va_arg(arguments, const char *))
		json_object_set_new(object, name, json_string(va_arg(arguments, const char *)));
	va_end(arguments);
	return object;
}

const struct deb_package *bill_deb(const struct bill *b, const struct package *package)
{
	return package->build.deb.value.len ? deb_lock_find(&b->debs, package->build.deb.value)
	                                    : NULL;
}

bool bill_digest(struct bill *b, struct str path, struct str *out_hex)
{
	struct digest digest;
	int error = digest_file(arena_c_str(b->arena, path), &digest);
	if (error)
		diag_error(b->diag, (struct span){}, (struct str){}, "%.*s: %s", STR_ARG(path),
		           strerror(error));
	*out_hex = error ? (struct str){} : digest_hex(b->arena, &digest);
	return !error;
}

static const char *format_id(struct bill *b, const char *prefix, struct str id)
{
	return str_format(b->arena, "%s%.*s", prefix, STR_ARG(id)).ptr;
}

static json_t *purl(const struct deb_package *deb)
{
	return json_sprintf("pkg:deb/debian/%.*s@%.*s?arch=%.*s", STR_ARG(deb->name.value),
	                    STR_ARG(deb->version.value), STR_ARG(deb->architecture.value));
}

static json_t *spdx_package(struct bill *b, const struct package *package)
{
	const struct deb_package *deb = bill_deb(b, package);
	json_t *object = bill_object("SPDXID", format_id(b, "SPDXRef-Package-", package->id.value),
	                             "downloadLocation", "NOASSERTION", "licenseConcluded",
	                             "NOASSERTION", "copyrightText", "NOASSERTION", NULL);
	json_object_set_new(object, "name", bill_text(package->id.value));
	json_object_set_new(object, "filesAnalyzed", json_false());
	if (!deb)
		return object;
	json_object_set_new(object, "versionInfo", bill_text(deb->version.value));
	json_t *sum = bill_object("algorithm", "SHA256", NULL);
	json_object_set_new(sum, "checksumValue", bill_text(deb->sha256.value));
	json_object_set_new(object, "checksums", json_pack("[o]", sum));
	json_t *reference =
	        bill_object("referenceCategory", "PACKAGE-MANAGER", "referenceType", "purl", NULL);
	json_object_set_new(reference, "referenceLocator", purl(deb));
	json_object_set_new(object, "externalRefs", json_pack("[o]", reference));
	return object;
}

static void relation_add(json_t *list, const char *from, const char *type, const char *to)
{
	json_array_append_new(list, bill_object("spdxElementId", from, "relationshipType", type,
	                                        "relatedSpdxElement", to, NULL));
}

static bool spdx_files(struct bill *b, json_t *files, json_t *relations)
{
	const struct staged *staged = &b->pipeline->staged;
	for (size_t i = 0; i < staged->count; i++) {
		const struct staged_file *file = &staged->files[i];
		struct str hex;
		if (!bill_digest(b, file->file, &hex))
			return false;
		const char *id = str_format(b->arena, "SPDXRef-File-%zu", i + 1).ptr;
		json_t *object = bill_object("SPDXID", id, "licenseConcluded", "NOASSERTION",
		                             "copyrightText", "NOASSERTION", NULL);
		json_t *sum = bill_object("algorithm", "SHA256", NULL);
		json_object_set_new(object, "fileName",
		                    json_sprintf("./%.*s", STR_ARG(file->path)));
		json_object_set_new(sum, "checksumValue", bill_text(hex));
		json_object_set_new(object, "checksums", json_pack("[o]", sum));
		json_array_append_new(files, object);
		const char *owner =
		        file->package ? format_id(b, "SPDXRef-Package-", file->package->id.value)
		                      : "SPDXRef-Image";
		relation_add(relations, owner, "CONTAINS", id);
	}
	return true;
}

json_t *bill_spdx(struct bill *b)
{
	const struct system *system = &b->pipeline->system;
	json_t *packages = json_array(), *files = json_array(), *relations = json_array();
	json_t *image = bill_object("SPDXID", "SPDXRef-Image", "name", "rustos-boot.img",
	                            "downloadLocation", "NOASSERTION", "licenseConcluded",
	                            "NOASSERTION", "copyrightText", "NOASSERTION", NULL);
	json_t *sum = bill_object("algorithm", "SHA256", NULL);
	json_object_set_new(sum, "checksumValue", bill_text(b->image_digest));
	json_object_set_new(image, "checksums", json_pack("[o]", sum));
	json_object_set_new(image, "filesAnalyzed", json_false());
	json_array_append_new(packages, image);
	relation_add(relations, "SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Image");
	for (size_t i = 0; i < system->count; i++) {
		const struct package *package = system->packages[i];
		const char *id = format_id(b, "SPDXRef-Package-", package->id.value);
		json_array_append_new(packages, spdx_package(b, package));
		relation_add(relations, "SPDXRef-Image", "CONTAINS", id);
		for (size_t k = 0; k < package->runtime_deps.count; k++)
			relation_add(relations, id, "DEPENDS_ON",
			             format_id(b, "SPDXRef-Package-",
			                       package->runtime_deps.items[k].value));
	}
	bool ok = spdx_files(b, files, relations);
	json_t *creation = bill_object("created", b->time.ptr, NULL);
	json_object_set_new(creation, "creators", json_pack("[s]", "Tool: xtask"));
	json_t *document =
	        bill_object("spdxVersion", "SPDX-2.3", "dataLicense", "CC0-1.0", "SPDXID",
	                    "SPDXRef-DOCUMENT", "name", "rustos-boot.img", NULL);
	json_object_set_new(document, "documentNamespace", json_sprintf("urn:uuid:%s", b->id.ptr));
	json_object_set_new(document, "creationInfo", creation);
	json_object_set_new(document, "packages", packages);
	json_object_set_new(document, "files", files);
	json_object_set_new(document, "relationships", relations);
	if (ok)
		return document;
	json_decref(document);
	return NULL;
}

static json_t *hash_list(struct str hex)
{
	json_t *hash = bill_object("alg", "SHA-256", NULL);
	json_object_set_new(hash, "content", bill_text(hex));
	return json_pack("[o]", hash);
}

json_t *bill_cyclonedx(struct bill *b)
{
	const struct system *system = &b->pipeline->system;
	json_t *components = json_array(), *dependencies = json_array();
	for (size_t i = 0; i < system->count; i++) {
		const struct package *package = system->packages[i];
		const struct deb_package *deb = bill_deb(b, package);
		json_t *component = bill_object("type", "application", NULL);
		json_t *needs = json_array(), *dependency = json_object();
		json_object_set_new(component, "bom-ref", bill_text(package->id.value));
		json_object_set_new(component, "name", bill_text(package->id.value));
		if (deb) {
			json_object_set_new(component, "version", bill_text(deb->version.value));
			json_object_set_new(component, "purl", purl(deb));
			json_object_set_new(component, "hashes", hash_list(deb->sha256.value));
		}
		json_array_append_new(components, component);
		for (size_t k = 0; k < package->runtime_deps.count; k++)
			json_array_append_new(needs,
			                      bill_text(package->runtime_deps.items[k].value));
		json_object_set_new(dependency, "ref", bill_text(package->id.value));
		json_object_set_new(dependency, "dependsOn", needs);
		json_array_append_new(dependencies, dependency);
	}
	json_t *image = bill_object("type", "operating-system", "bom-ref", "image", "name",
	                            "rustos-boot.img", NULL);
	json_object_set_new(image, "hashes", hash_list(b->image_digest));
	json_t *metadata = bill_object("timestamp", b->time.ptr, NULL);
	json_object_set_new(metadata, "component", image);
	json_t *document = bill_object("bomFormat", "CycloneDX", "specVersion", "1.5", NULL);
	json_object_set_new(document, "serialNumber", json_sprintf("urn:uuid:%s", b->id.ptr));
	json_object_set_new(document, "version", json_integer(1));
	json_object_set_new(document, "metadata", metadata);
	json_object_set_new(document, "components", components);
	json_object_set_new(document, "dependencies", dependencies);
	return document;
}

static json_t *digest_set(struct str hex)
{
	json_t *set = json_object();
	json_object_set_new(set, "sha256", bill_text(hex));
	return set;
}

/* Sources of the tree, sorted: what actions read and no action makes. */
static struct strs sources_of(struct bill *b)
{
	const struct graph *g = &b->pipeline->plan.graph;
	struct strs all = {}, sources = {};
	for (size_t i = 0; i < g->count; i++)
		for (size_t k = 0; k < g->actions[i].inputs.count; k++)
			strs_add(&all, b->arena, g->actions[i].inputs.items[k]);
	for (size_t i = 0; i < b->pipeline->manifests.files.count; i++)
		strs_add(&all, b->arena, b->pipeline->manifests.files.items[i]);
	strs_sort(&all);
	for (size_t i = 0; i < all.count; i++) {
		struct str path = all.items[i];
		bool ours =
		        !str_starts_with(path, STR("/")) && !str_starts_with(path, STR("build/"));
		bool stored = str_starts_with(path, STR(DEB_STORE_PATH));
		if ((ours || stored) && (!i || !str_equal(path, all.items[i - 1])))
			strs_add(&sources, b->arena, path);
	}
	return sources;
}

json_t *bill_provenance(struct bill *b)
{
	struct strs sources = sources_of(b);
	json_t *materials = json_array(), *subject = bill_object("name", "rustos-boot.img", NULL);
	for (size_t i = 0; i < sources.count; i++) {
		struct str hex;
		if (!bill_digest(b, sources.items[i], &hex)) {
			json_decref(materials);
			json_decref(subject);
			return NULL;
		}
		json_t *material = json_object();
		json_object_set_new(material, "uri",
		                    json_sprintf("tree:%.*s", STR_ARG(sources.items[i])));
		json_object_set_new(material, "digest", digest_set(hex));
		json_array_append_new(materials, material);
	}
	json_object_set_new(subject, "digest", digest_set(b->image_digest));
	json_t *parameters = json_object();
	json_object_set_new(parameters, "profile", bill_text(b->pipeline->profile));
	json_object_set_new(parameters, "preset", bill_text(b->pipeline->config.preset));
	json_object_set_new(parameters, "sourceDate", bill_text(b->time));
	return json_pack("{s:s,s:[o],s:s,s:{s:{s:s,s:o,s:o},s:{s:{s:s}}}}", "_type",
	                 "https://in-toto.io/Statement/v1", "subject", subject, "predicateType",
	                 "https://slsa.dev/provenance/v1", "predicate", "buildDefinition",
	                 "buildType", "https://slsa.dev/spec/v1.0/provenance#xtask-build",
	                 "externalParameters", parameters, "resolvedDependencies", materials,
	                 "runDetails", "builder", "id", "xtask");
}
