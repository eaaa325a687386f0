"""What a stack is made of: one component a module, each from its own arguments."""

from components.lazy_sdk import import_lazily

# Before any component imports it: most of a preview would be spent in importing resources that no component has.
import_lazily("pulumi_datadog")
